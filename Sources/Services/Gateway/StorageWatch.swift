import Foundation
import Logging
import Metrics
import ServiceLifecycle
import Storage

/// Says how much waits, and how much room is left, long before there is none: nothing else refuses a source.
struct StorageWatch: Service {
  private static let period = Duration.seconds(15)
  /// Below so much of the disk, or so many bytes, there is a warning; below a quarter of either, an error.
  private static let lowShare = 0.2
  private static let lowBytes = 4.0 * 1024 * 1024 * 1024

  private let store: Store
  private let logger: Logger
  private let free: Gauge
  private let backlog: Gauge
  private let failed: Gauge
  private let oldest: Gauge

  init(store: Store, logger: Logger) {
    self.store = store
    self.logger = logger
    free = Gauge(label: "gateway.disk.free.bytes")
    backlog = Gauge(label: "gateway.events.undelivered")
    failed = Gauge(label: "gateway.events.failed")
    oldest = Gauge(label: "gateway.events.oldest.undelivered.seconds")
  }

  func run() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      await look()
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.period) }
    }
  }

  private func look() async {
    do {
      let undelivered = try await store.read { try Undelivered.read($0) }
      backlog.record(undelivered.backlog)
      failed.record(undelivered.failed)
      oldest.record(undelivered.oldest.map { Double(store.now.since($0).inMilliseconds) / 1000 } ?? 0)
      let disk = try FileManager.default.attributesOfFileSystem(forPath: store.file)
      guard let bytes = disk[.systemFreeSize] as? NSNumber, let size = disk[.systemSize] as? NSNumber else {
        return
      }
      free.record(bytes.doubleValue)
      warn(free: bytes.doubleValue, of: size.doubleValue)
    } catch {
      logger.error(
        "What waits, and the room that is left, could not be seen", metadata: ["error": "\(error)"])
    }
  }

  private func warn(free: Double, of size: Double) {
    let low = min(size * Self.lowShare, Self.lowBytes)
    guard free < low else { return }
    logger.log(
      level: free < low / 4 ? .error : .warning,
      "The disk is filling up. When it is full, events are refused with 503: make room, or a larger disk",
      metadata: ["disk.free": "\(Int(free))", "disk.size": "\(Int(size))", "file": "\(store.file)"])
  }
}
