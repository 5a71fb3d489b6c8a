/// Calls a dependency with all the care it needs, each part optional, and always in this order: a deadline for
/// everything, retries, the circuit breaker, the bulkhead, a time-out for the attempt, the operation.
///
/// So every attempt is counted by the circuit breaker; one that waits for a place in the bulkhead is not timed
/// yet; and one that was never made speaks against nobody.
public struct Pipeline: Sendable {
  /// The dependency, as it is named in metrics.
  public let name: String
  private let deadline: Duration?
  private let retry: Retry?
  private let breaker: CircuitBreaker?
  private let bulkhead: Bulkhead?
  private let timeout: Duration?
  private let clock: any Clock<Duration>
  private let classify: @Sendable (any Error) -> RetryAdvice
  private let instruments: PipelineInstruments

  /// - Parameters:
  ///   - deadline: for all attempts and the delays between them. An attempt that it cuts off is a cancellation
  ///     to the circuit breaker: give a `timeout` too, or a dependency that never answers never opens it.
  ///   - timeout: for one attempt.
  ///   - classify: which of the operation's other errors are tried again. A time-out and an unusable answer
  ///     always are; what an open circuit or a full bulkhead rejected never is.
  public init(
    name: String, deadline: Duration? = nil, retry: Retry? = nil, breaker: CircuitBreaker? = nil,
    bulkhead: Bulkhead? = nil, timeout: Duration? = nil, clock: any Clock<Duration> = ContinuousClock(),
    classify: @escaping @Sendable (any Error) -> RetryAdvice = { ($0 as? HTTPFailure)?.advice ?? .never }
  ) {
    self.name = name
    self.deadline = deadline
    self.retry = retry
    self.breaker = breaker
    self.bulkhead = bulkhead
    self.timeout = timeout
    self.clock = clock
    self.classify = classify
    instruments = PipelineInstruments(name, clock)
  }

  /// - Parameter subject: what the call is about, for the circuit breaker; see ``CircuitBreaker``.
  /// - Throws: ``DeadlineOver``, ``CircuitOpen``, ``BulkheadFull``, ``TooManySlowCalls`` or ``TimedOut``, as the
  ///   part that gave up last says; otherwise what `operation` threw last.
  public func call<Value: Sendable>(
    about subject: String? = nil, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await instruments.timingCall {
      guard let deadline else { return try await retrying(nil, subject, operation) }
      let end = Deadline(in: deadline, clock: clock)
      let value = try await end.race { try await retrying(end, subject, operation) }
      guard let value else { throw DeadlineOver(after: deadline) }
      return value
    }
  }

  private func retrying<Value: Sendable>(
    _ deadline: Deadline?, _ subject: String?, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let retry else { return try await attempting(subject, operation) }
    return try await retry.run(deadline: deadline, classify: advice) { _ in
      try await attempting(subject, operation)
    }
  }

  private func advice(_ error: any Error) -> RetryAdvice {
    switch error {
    case is any NotCalled, is DeadlineOver: .never
    case is TimedOut, is UnusableAnswer: .retry
    default: classify(error)
    }
  }

  private func attempting<Value: Sendable>(
    _ subject: String?, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await instruments.countingAttempt {
      guard let breaker else { return try await entering(subject, {}, operation) }
      return try await breaker.run(about: subject) { admission in
        // A probe that takes its time must not keep the others from trying.
        try await entering(subject, { admission.yieldAsProbe() }, operation)
      }
    }
  }

  private func entering<Value: Sendable>(
    _ subject: String?, _ onSlow: @escaping @Sendable () -> Void,
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let bulkhead else { return try await timing(operation) }
    return try await bulkhead.call(about: subject, onSlow: onSlow) { try await timing(operation) }
  }

  private func timing<Value: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let timeout else { return try await operation() }
    return try await withTimeout(timeout, clock: clock, operation)
  }
}
