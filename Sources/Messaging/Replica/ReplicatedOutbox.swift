import GRDB
import Logging
import Metrics
import Storage

/// Which events of an outbox are in the replica of its store.
actor ReplicatedOutbox {
  /// Litestream moves every 100 ms, and only between two moves do two readings agree.
  private static let lookEvery = Duration.milliseconds(20)
  private static let lookAfterFailureEvery = Duration.milliseconds(500)
  private static let moveEvery = Duration.milliseconds(300)
  private static let sayEvery = Duration.seconds(60)

  private let replica: Replica
  private let store: Store
  private let logger: Logger
  private let waited: Timer
  private let unreadable: Gauge
  private var progress = ReplicaProgress()
  private var replicatedUpTo: Int64 = 0
  private var lastSaid: ContinuousClock.Instant?
  private var lastMoved: ContinuousClock.Instant?

  init(_ replica: Replica, _ store: Store, _ logger: Logger) {
    self.replica = replica
    self.store = store
    self.logger = logger
    let dimensions = [("service", store.service)]
    waited = Timer(label: "outbox.replica.wait.duration", dimensions: dimensions)
    unreadable = Gauge(label: "outbox.replica.unreadable", dimensions: dimensions)
  }

  /// Waits until the replica holds the event of that number, which is committed, for as long as that takes.
  ///
  /// - Throws: `CancellationError` when `isOver` before.
  func hold(_ seq: Int64, unless isOver: @Sendable () -> Bool) async throws {
    guard seq > replicatedUpTo else { return }
    let started = ContinuousClock.now
    // What is committed by now comes along: the next batches need not wait.
    let committed = try await store.read { try Int64.fetchOne($0, sql: "SELECT max(seq) FROM outbox") ?? 0 }
    progress.begin()
    while !(try await look()) {
      if isOver() { throw CancellationError() }
    }
    replicatedUpTo = max(seq, committed)
    waited.record(duration: ContinuousClock.now - started)
  }

  private func look() async throws -> Bool {
    do {
      let reading = try await replica.read(store)
      unreadable.record(0)
      if progress.take(reading) { return true }
      if progress.needsMovement { try await move() }
      try await Task.sleep(for: Self.lookEvery)
    } catch {
      try Task.checkCancellation()
      unreadable.record(1)
      say(error)
      try await Task.sleep(for: Self.lookAfterFailureEvery)
    }
    return false
  }

  private func move() async throws {
    guard lastMoved.map({ $0.duration(to: .now) > Self.moveEvery }) ?? true else { return }
    lastMoved = .now
    try await store.commitNothing()
  }

  private func say(_ error: any Error) {
    guard lastSaid.map({ $0.duration(to: .now) > Self.sayEvery }) ?? true else { return }
    lastSaid = .now
    logger.warning(
      "Events wait in the outbox: what the replica holds is not known (OUTBOX_AFTER_REPLICA)",
      metadata: ["error": "\(error)"])
  }
}
