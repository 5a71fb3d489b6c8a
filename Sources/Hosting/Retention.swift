import HTTPAPI
import Logging
import Messaging
import Metrics
import ServiceLifecycle
import Storage

/// Deletes what a store no longer needs, a little at a time, and shows what waits in it.
struct Retention: Service {
  private static let pruneEvery = Duration.seconds(600)
  private static let lookEvery = Duration.seconds(5)
  private static let chunk = 1000

  let store: Store
  let messaging: MessagingRetention
  let logger: Logger

  func run() async throws {
    var lastPruned: ContinuousClock.Instant?
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      do {
        if lastPruned.map({ $0.duration(to: .now) > Self.pruneEvery }) ?? true {
          try await prune()
          lastPruned = .now
        }
        try await show()
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Old rows could not be deleted", metadata: ["error": "\(error)"])
      }
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.lookEvery) }
    }
  }

  private func prune() async throws {
    let messaging = messaging
    while try await store.write({ try messaging.prune($0, limit: Self.chunk) }) {}
    while try await store.write({ work in
      try pruneIdempotencyKeys(in: work, limit: Self.chunk) == Self.chunk
    }) {}
  }

  private func show() async throws {
    let backlog = try await store.read { try Backlog.read($0) }
    let dimensions = [("service", store.service)]
    Gauge(label: "outbox.waiting", dimensions: dimensions).record(backlog.outboxWaiting)
    let age = backlog.oldestWaiting.map { store.now.since($0) } ?? .zero
    Gauge(label: "outbox.oldest.age.milliseconds", dimensions: dimensions).record(age.inMilliseconds)
    Gauge(label: "messaging.parked", dimensions: dimensions).record(backlog.parked)
    Gauge(label: "messaging.dead.letters", dimensions: dimensions).record(backlog.deadLetters)
  }
}
