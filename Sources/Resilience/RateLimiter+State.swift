extension RateLimiter {
  /// When a request got its turn: tells refusals of what was on the way already from those of what followed.
  public struct Turn: Hashable, Sendable {
    let slowings: Int
  }

  public struct State: Hashable, Sendable {
    /// Requests a second, as configured for all instances together.
    public let configuredRate: Double
    /// Requests a second that this instance lets out now: its share, slowed down and paced.
    public let allowedRate: Double
    /// Requests that could go out at once.
    public let availableTokens: Double
    /// How long nothing goes out yet; zero when it is not paused.
    public let pausedFor: Duration
    /// Requests a second that went out in the last five seconds.
    public let usedRate: Double
    /// Requests that wait for their turn.
    public let waiting: Int
  }
}
