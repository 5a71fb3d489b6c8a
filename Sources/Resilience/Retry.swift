/// Tries again what may go better the next time.
///
/// Delays grow exponentially with full jitter: anything from nothing to the doubled delay, so that what failed
/// together does not come back together.
/// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct Retry: Sendable {
  /// Altogether, the first included.
  public let attempts: Int
  public let firstDelay: Duration
  public let largestDelay: Duration
  private let timeline: Timeline
  private let random: @Sendable () -> Double

  /// - Parameters:
  ///   - firstDelay: the longest delay after the first attempt.
  ///   - largestDelay: the longest delay of all. One that the other side asked for may be longer.
  ///   - random: from 0 up to 1.
  public init(
    attempts: Int = 3, firstDelay: Duration = .milliseconds(100), largestDelay: Duration = .seconds(10),
    clock: any Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    precondition(attempts >= 1, "there is one attempt at least")
    self.attempts = attempts
    self.firstDelay = firstDelay.bounded
    self.largestDelay = largestDelay.bounded
    timeline = Timeline(clock)
    self.random = random
  }

  /// - Parameters:
  ///   - deadline: no sleep goes past it: when the next attempt could not begin in time, the last error is
  ///     thrown at once.
  ///   - classify: asked about every error but a cancellation, which is never tried again.
  ///   - operation: gets the number of the attempt, from 1 on.
  /// - Throws: the last error; ``DeadlineOver`` when there was no time for the first attempt.
  public func run<Value>(
    deadline: Deadline? = nil, classify: (any Error) -> RetryAdvice,
    operation: (_ attempt: Int) async throws -> Value
  ) async throws -> Value {
    if let deadline, deadline.isOver { throw DeadlineOver(after: deadline.limit) }
    var attempt = 1
    while true {
      do {
        return try await operation(attempt)
      } catch {
        guard attempt < attempts, !Task.isCancelled, !(error is CancellationError),
          let delay = delay(classify(error), after: attempt)
        else { throw error }
        if let deadline, deadline.remaining <= delay { throw error }
        try await timeline.sleep(until: timeline.now + delay)
        attempt += 1
      }
    }
  }

  private func delay(_ advice: RetryAdvice, after attempt: Int) -> Duration? {
    switch advice {
    case .never: return nil
    case .after(let delay): return delay.bounded
    case .retry:
      // Beyond 2^30 every first delay that a clock can tell has reached the largest.
      let doubled = firstDelay * (1 << min(attempt - 1, 30))
      return min(doubled, largestDelay) * random()
    }
  }
}
