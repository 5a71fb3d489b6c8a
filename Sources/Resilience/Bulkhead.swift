import Metrics
import Synchronization

/// Bounds how many calls of a dependency are under way, so that a slow one cannot take everything there is; and
/// how many wait, so that they are told at once when it is no use.
public final class Bulkhead: Sendable {
  public struct State: Hashable, Sendable {
    /// Calls under way.
    public let inUse: Int
    /// Calls that wait for a place.
    public let waiting: Int

    public init(inUse: Int = 0, waiting: Int = 0) {
      self.inUse = inUse
      self.waiting = waiting
    }
  }

  /// The dependency, as it is named in errors and metrics.
  public let name: String
  private let limit: Int
  private let queue: Int
  private let timeline: Timeline
  private let places: Mutex<Places>
  private let rejected: Counter
  private let waited: Timer

  /// - Parameters:
  ///   - limit: how many calls may be under way at once.
  ///   - queue: how many more may wait for that.
  public init(name: String, limit: Int, queue: Int, clock: any Clock<Duration> = ContinuousClock()) {
    precondition(limit >= 1 && queue >= 0, "a bulkhead needs room for one call at least")
    self.name = name
    self.limit = limit
    self.queue = queue
    timeline = Timeline(clock)
    let dimensions = [("name", name)]
    rejected = Counter(label: "bulkhead.rejected", dimensions: dimensions)
    waited = Timer(label: "bulkhead.wait.duration", dimensions: dimensions)
    places = Mutex(
      Places(
        inUseGauge: Gauge(label: "bulkhead.in.use", dimensions: dimensions),
        waitingGauge: Gauge(label: "bulkhead.waiting", dimensions: dimensions)))
  }

  /// Calls the dependency as soon as there is a place, first come, first served. Who is cancelled while waiting
  /// leaves.
  /// - Throws: ``BulkheadFull`` or `CancellationError` without calling, and what `operation` throws.
  public func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
    let asked = timeline.now
    try await enter()
    defer { leave() }
    // A place may come at the same time as a cancellation.
    try Task.checkCancellation()
    waited.record(duration: timeline.now - asked)
    return try await operation()
  }

  public var state: State { places.withLock { State(inUse: $0.inUse, waiting: $0.line.count) } }

  private func enter() async throws {
    let ticket = places.withLock { $0.line.ticket() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
        let answer: Result<Void, any Error>? = places.withLock { places in
          // A cancellation that came before is found here, one that comes later finds the waiter.
          if Task.isCancelled { return .failure(CancellationError()) }
          if places.take(limit) { return .success(()) }
          guard places.line.count < queue else { return .failure(BulkheadFull(name: name)) }
          places.line.add(waiter, ticket: ticket)
          places.report()
          return nil
        }
        guard let answer else { return }
        if case .failure(let error) = answer, error is BulkheadFull { rejected.increment() }
        waiter.resume(with: answer)
      }
    } onCancel: {
      let waiter = places.withLock { places in
        defer { places.report() }
        return places.line.remove(ticket: ticket)
      }
      waiter?.resume(throwing: CancellationError())
    }
  }

  private func leave() {
    places.withLock { $0.pass() }?.resume()
  }
}
