import Metrics
import Synchronization

/// Bounds how many calls of a dependency are under way, so that a slow one cannot take everything there is; and
/// how many wait, so that they are told at once when it is no use.
///
/// It may have a compartment for calls that turn out slow: after a time a call gives its place up and goes there,
/// so that a few answers that take a minute do not hold up the many that take a moment. What was slow the last time
/// goes there from the beginning. When there is no place, it is tried once in one of a few places for that: so it
/// does not wait behind what is really slow when the last time was only a bad moment.
public final class Bulkhead: Sendable {
  public struct State: Hashable, Sendable {
    /// Calls under way that are not slow.
    public let inUse: Int
    /// Calls that wait for a place.
    public let waiting: Int
    /// Calls under way that turned out slow.
    public let slow: Int

    public init(inUse: Int = 0, waiting: Int = 0, slow: Int = 0) {
      self.inUse = inUse
      self.waiting = waiting
      self.slow = slow
    }
  }

  /// When a call is slow, and how many may be.
  public struct SlowCalls: Hashable, Sendable {
    public let after: Duration
    public let limit: Int

    public init(after: Duration, limit: Int) {
      self.after = after
      self.limit = limit
    }
  }

  /// The dependency, as it is named in errors and metrics.
  public let name: String
  let queue: Int
  let slowCalls: SlowCalls?
  let timeline: Timeline
  let places: Mutex<Places>
  let rejected: Counter
  private let waited: Timer

  /// - Parameters:
  ///   - limit: how many calls may be under way at once.
  ///   - queue: how many more may wait for that.
  ///   - slowCalls: nil for no compartment of their own.
  public init(
    name: String, limit: Int, queue: Int, slowCalls: SlowCalls? = nil,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    precondition(limit >= 1 && queue >= 0, "a bulkhead needs room for one call at least")
    self.name = name
    self.queue = queue
    self.slowCalls = slowCalls
    timeline = Timeline(clock)
    let dimensions = [("name", name)]
    rejected = Counter(label: "bulkhead.rejected", dimensions: dimensions)
    waited = Timer(label: "bulkhead.wait.duration", dimensions: dimensions)
    places = Mutex(
      Places(
        (limit, slowCalls?.limit ?? 0),
        inUseGauge: Gauge(label: "bulkhead.in.use", dimensions: dimensions),
        waitingGauge: Gauge(label: "bulkhead.waiting", dimensions: dimensions),
        slowGauge: Gauge(label: "bulkhead.slow", dimensions: dimensions)))
  }

  /// Calls the dependency as soon as there is a place, first come, first served. Who is cancelled while waiting
  /// leaves.
  /// - Throws: ``BulkheadFull`` or `CancellationError` without calling, and what `operation` throws.
  public func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
    _ = try await enter(.ordinary, orThrow: BulkheadFull(name: name))
    defer { leave(.ordinary) }
    // A place may come at the same time as a cancellation.
    try Task.checkCancellation()
    return try await operation()
  }

  public var state: State {
    places.withLock { State(inUse: $0.inUse, waiting: $0.waiting, slow: $0[.slow].inUse) }
  }

  /// - Returns: the place it has now: who asks for a trial may get a slow one.
  func enter(_ kind: Places.Kind, orThrow full: any Error) async throws -> Places.Kind {
    let asked = timeline.now
    let ticket = places.withLock { $0[kind].line.ticket() }
    let place = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: WaitingLine<Places.Kind>.Waiter) in
        let answer: Result<Places.Kind, any Error>? = places.withLock { places in
          defer { places.report() }
          // A cancellation that came before is found here, one that comes later finds the waiter.
          if Task.isCancelled { return .failure(CancellationError()) }
          if let place = places.take(kind) { return .success(place) }
          guard places[kind].line.count < queue else { return .failure(full) }
          places[kind].line.add(waiter, ticket: ticket)
          return nil
        }
        guard let answer else { return }
        if case .failure(let error) = answer, !(error is CancellationError) { rejected.increment() }
        waiter.resume(with: answer)
      }
    } onCancel: {
      let waiter = places.withLock { places in
        defer { places.report() }
        return places[kind].line.remove(ticket: ticket)
      }
      waiter?.resume(throwing: CancellationError())
    }
    waited.record(duration: timeline.now - asked)
    return place
  }

  func leave(_ place: Places.Kind) {
    let next = places.withLock { places in
      defer { places.report() }
      return places.pass(place)
    }
    next?.resume(returning: place)
  }
}
