import Metrics
import Synchronization

/// Stops calling a dependency that keeps failing, and tries carefully whether it is back.
///
/// Closed, it lets every call through, and opens after so many failures in a row: a dependency that answers now
/// and then is worth trying again. Open, it rejects every call. When its time is over it is half-open: as many
/// calls as there are probes go through, and it closes when all of them succeed, or opens for twice as long as
/// soon as one fails.
///
/// A dependency can be well and yet fail for one thing that it is asked about, a poisonous record or a page that
/// takes for ever. So calls may say what they are about: failures about the same count once, until something
/// succeeds.
public final class CircuitBreaker: Sendable {
  public enum State: Hashable, Sendable {
    case closed
    /// Rejects calls for that long yet.
    case open(for: Duration)
    /// Lets a few calls through, to see.
    case halfOpen

    /// As it is shown to people: closed, open or half-open.
    public var word: String {
      switch self {
      case .closed: "closed"
      case .open: "open"
      case .halfOpen: "half-open"
      }
    }
  }

  /// The dependency, as it is named in errors and metrics.
  public let name: String
  private let timeline: Timeline
  private let circuit: Mutex<Circuit>
  private let isFailure: @Sendable (any Error) -> Bool
  private let random: @Sendable () -> Double
  private let instruments: CircuitInstruments

  /// - Parameters:
  ///   - failures: how many in a row open it.
  ///   - openFor: how long it is open the first time, less up to a quarter at random; twice as long each time
  ///     after that.
  ///   - longestOpen: the most that becomes of it; sixteen times `openFor` when not given.
  ///   - probes: how many calls it lets through at once when it is half-open, and how many have to succeed.
  ///   - random: from 0 up to 1.
  ///   - isFailure: which errors speak against the dependency; any other is an answer like a success. The
  ///     cancellation of a caller never counts.
  public init(
    name: String, failures: Int = 5, openFor: Duration = .seconds(5), longestOpen: Duration? = nil,
    probes: Int = 1, clock: any Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
    isFailure: @escaping @Sendable (any Error) -> Bool = { _ in true }
  ) {
    precondition(failures >= 1 && probes >= 1, "a circuit breaker needs one failure and one probe at least")
    precondition(openFor > .zero, "a circuit breaker needs a time to be open for")
    self.name = name
    timeline = Timeline(clock)
    let first = openFor.bounded
    circuit = Mutex(
      Circuit(
        failures: failures, probes: probes, openFor: first,
        longestOpen: max((longestOpen ?? first * 16).bounded, first)))
    self.isFailure = isFailure
    self.random = random
    instruments = CircuitInstruments(name)
    instruments.show(.closed(failures: 0))
  }

  /// Calls the dependency, if it is let through, and counts how that ended.
  /// - Parameter subject: what the call is about: the resource that is asked for. Nil when any failure speaks
  ///   against the dependency as a whole.
  /// - Throws: ``CircuitOpen`` without calling, and what `operation` throws.
  public func run<Value>(
    about subject: String? = nil, _ operation: () async throws -> Value
  ) async throws -> Value {
    try await run(about: subject) { _ in try await operation() }
  }

  func run<Value>(
    about subject: String?, _ operation: (Admission) async throws -> Value
  ) async throws -> Value {
    let admission = try admit()
    do {
      let value = try await operation(admission)
      admission.succeeded()
      return value
    } catch {
      if error is CancellationError || error is any NotCalled || Task.isCancelled {
        admission.abandoned()
      } else if isFailure(error) {
        admission.failed(about: Self.isAboutSubject(error) ? subject : nil)
      } else {
        admission.succeeded()
      }
      throw error
    }
  }

  /// Lets a call through, for callers that cannot wrap it. Whoever is let through says how it ended.
  public func admit() throws(CircuitOpen) -> Admission {
    let (wait, period) = circuit.withLock { circuit in
      let wait = circuit.admit(timeline.now)
      instruments.show(circuit.phase)
      return (wait, circuit.period)
    }
    if let wait {
      instruments.rejected.increment()
      throw CircuitOpen(name: name, retryAfter: wait)
    }
    return Admission(
      report: { self.end($0, from: period) }, isProbe: { self.isHalfOpen(in: period) })
  }

  public var state: State {
    circuit.withLock { circuit in
      switch circuit.phase {
      case .closed: .closed
      case .open(let end) where end > timeline.now: .open(for: end - timeline.now)
      case .open, .halfOpen: .halfOpen
      }
    }
  }

  /// Whether the error may be the fault of what was asked for: an answer, or the wait for one. A connection that
  /// fails and a proxy that finds nobody speak of the dependency alone.
  private static func isAboutSubject(_ error: any Error) -> Bool {
    switch error {
    case let failure as HTTPFailure: !(502...504).contains(failure.status)
    case is TimedOut, is UnusableAnswer: true
    default: false
    }
  }

  private func isHalfOpen(in period: Int) -> Bool {
    circuit.withLock { circuit in
      guard circuit.period == period, case .halfOpen = circuit.phase else { return false }
      return true
    }
  }

  private func end(_ outcome: Circuit.Outcome, from period: Int) {
    circuit.withLock { circuit in
      if circuit.end(outcome, from: period, timeline.now, random: random) { instruments.opened.increment() }
      instruments.show(circuit.phase)
    }
  }
}
