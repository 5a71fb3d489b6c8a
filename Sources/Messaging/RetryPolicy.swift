import Storage

/// How long to wait before the next attempt, and when to stop.
public struct RetryPolicy: Hashable, Sendable {
  public let firstDelay: Duration
  public let largestDelay: Duration
  /// Attempts altogether, the first included.
  public let attempts: Int
  /// How long a postponed message may wait for what it needs.
  public let patience: Duration

  public init(
    firstDelay: Duration = .milliseconds(200), largestDelay: Duration = .seconds(60),
    attempts: Int = 10, patience: Duration = .seconds(3600)
  ) {
    self.firstDelay = firstDelay
    self.largestDelay = largestDelay
    self.attempts = attempts
    self.patience = patience
  }

  /// Exponential backoff with full jitter: anything from nothing to the doubled delay, so that what failed
  /// together does not come back together.
  /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
  public func delay(afterAttempt attempt: Int) -> Duration {
    let doublings = min(max(attempt - 1, 0), 30)
    let ceiling = min(firstDelay * (1 << doublings), largestDelay)
    return .milliseconds(Int64.random(in: 0...max(ceiling.inMilliseconds, 1)))
  }
}
