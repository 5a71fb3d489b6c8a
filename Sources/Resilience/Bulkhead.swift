import Metrics
import Synchronization

/// Bounds how many calls of a dependency are under way, so that a slow one cannot take everything there is; and
/// how many wait, so that they are told at once when it is no use.
///
/// It may have a compartment for calls that turn out slow: after a time a call gives its place up and goes there,
/// so that a few answers that take a minute do not hold up the many that take a moment.
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
  private let limit: Int
  private let queue: Int
  private let slowCalls: SlowCalls?
  private let timeline: Timeline
  private let places: Mutex<Places>
  private let rejected: Counter
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
    self.limit = limit
    self.queue = queue
    self.slowCalls = slowCalls
    timeline = Timeline(clock)
    let dimensions = [("name", name)]
    rejected = Counter(label: "bulkhead.rejected", dimensions: dimensions)
    waited = Timer(label: "bulkhead.wait.duration", dimensions: dimensions)
    places = Mutex(
      Places(
        inUseGauge: Gauge(label: "bulkhead.in.use", dimensions: dimensions),
        waitingGauge: Gauge(label: "bulkhead.waiting", dimensions: dimensions),
        slowGauge: Gauge(label: "bulkhead.slow", dimensions: dimensions)))
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

  /// Calls the dependency as ``run(_:)`` does, and moves the call to the slow ones when its time is over.
  /// - Throws: ``TooManySlowCalls`` when there are so many already: then the call is cancelled.
  public func call<Value: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let slowCalls else { return try await run(operation) }
    let asked = timeline.now
    try await enter()
    let stay = Stay(self)
    defer { stay.leave() }
    try Task.checkCancellation()
    waited.record(duration: timeline.now - asked)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await operation() }
      group.addTask { [timeline] in
        do { try await timeline.sleep(until: timeline.now + slowCalls.after) } catch { return nil }
        try stay.becomeSlow(slowCalls)
        return nil
      }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        if let value = ended { return value }
      }
      throw CancellationError()
    }
  }

  public var state: State {
    places.withLock { State(inUse: $0.inUse, waiting: $0.line.count, slow: $0.slow) }
  }

  /// The place of one call, and which kind it is.
  private final class Stay: Sendable {
    private enum Place { case ordinary, slow, none }

    private let bulkhead: Bulkhead
    private let place = Mutex(Place.ordinary)

    init(_ bulkhead: Bulkhead) { self.bulkhead = bulkhead }

    func becomeSlow(_ calls: SlowCalls) throws {
      try place.withLock { place in
        guard case .ordinary = place else { return }
        guard bulkhead.places.withLock({ $0.takeSlow(calls.limit) }) else {
          bulkhead.rejected.increment()
          throw TooManySlowCalls(name: bulkhead.name)
        }
        place = .slow
      }
      // Outside of its own lock: whoever gets the place may go on at once.
      bulkhead.leave()
    }

    func leave() {
      let last = place.withLock { place in
        defer { place = .none }
        return place
      }
      switch last {
      case .ordinary: bulkhead.leave()
      case .slow: bulkhead.places.withLock { $0.giveSlow() }
      case .none: break
      }
    }
  }

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
