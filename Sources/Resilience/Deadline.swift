/// The moment by which an answer is needed, on a clock.
public struct Deadline: Sendable {
  /// How much time there was in the beginning.
  public let limit: Duration
  let timeline: Timeline
  let end: Duration

  /// - Parameter limit: the time from now on.
  public init(in limit: Duration, clock: any Clock<Duration> = ContinuousClock()) {
    self.limit = limit
    timeline = Timeline(clock)
    end = timeline.now + limit.bounded
  }

  /// Never negative.
  public var remaining: Duration { max(end - timeline.now, .zero) }
  public var isOver: Bool { remaining == .zero }
}

/// The time for a call, all of its attempts together, is over.
public struct DeadlineOver: Error, Hashable, CustomStringConvertible {
  public let after: Duration

  public init(after: Duration) {
    self.after = after
  }

  public var description: String {
    "There was no answer within \(after.spoken), all attempts together. Try again later, or allow more time."
  }
}
