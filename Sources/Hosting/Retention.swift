import HTTPAPI
import Jobs
import Logging
import Messaging
import Metrics
import ServiceLifecycle
import Storage

/// Deletes what a store no longer needs, a little at a time, and shows what waits in it.
struct Retention: Service {
  typealias Prune = @Sendable (UnitOfWork, Int) throws -> Bool

  private static let pruneEvery = Duration.seconds(600)
  private static let lookEvery = Duration.seconds(5)
  private static let chunk = 1000

  let store: Store
  let messaging: MessagingRetention
  /// Nil for a service without jobs.
  let jobs: JobsRetention?
  /// Shown also when there is nothing to do, or their gauges would stay as they last were.
  let kinds: [String]
  let others: [Prune]
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
    let (messaging, jobs) = (messaging, jobs)
    while let jobs, try await store.write({ try jobs.prune($0, limit: Self.chunk) }) {}
    while try await store.write({ try messaging.prune($0, limit: Self.chunk) }) {}
    for prune in others {
      while try await store.write({ try prune($0, Self.chunk) }) {}
    }
    while try await store.write({ work in
      try pruneIdempotencyKeys(in: work, limit: Self.chunk) == Self.chunk
    }) {}
  }

  private func show() async throws {
    let now = store.now
    let backlog = try await store.read { try Backlog.read($0) }
    let dimensions = [("service", store.service)]
    Gauge(label: "outbox.waiting", dimensions: dimensions).record(backlog.outboxWaiting)
    let age = backlog.oldestWaiting.map { now.since($0) } ?? .zero
    Gauge(label: "outbox.oldest.age.milliseconds", dimensions: dimensions).record(age.inMilliseconds)
    Gauge(label: "messaging.parked", dimensions: dimensions).record(backlog.parked)
    Gauge(label: "messaging.dead.letters", dimensions: dimensions).record(backlog.deadLetters)
    guard jobs != nil else { return }
    for backlog in try await store.read({ try JobsBacklog.read($0, kinds: kinds, at: now) }) {
      let dimensions = dimensions + [("kind", backlog.kind)]
      Gauge(label: "jobs.waiting", dimensions: dimensions).record(backlog.waiting)
      Gauge(label: "jobs.running", dimensions: dimensions).record(backlog.running)
      Gauge(label: "jobs.oldest.due.age.milliseconds", dimensions: dimensions)
        .record(backlog.longestOverdue.inMilliseconds)
    }
  }
}
