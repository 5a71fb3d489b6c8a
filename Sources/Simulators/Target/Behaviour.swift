public import Foundation

/// How the target treats those who call it. Shares are from 0 to 1, and together no more than 1.
public struct Behaviour: Hashable, Sendable {
  /// Requests a second; nil for no limit.
  public var rate: Double?
  /// How many requests may come at once before the rate counts.
  public var burst = 1
  public var latencyMilliseconds = 0
  /// Up to so much more, at random.
  public var jitterMilliseconds = 0
  /// The same seed gives the same sequence of misfortunes.
  public var seed: UInt64 = 0
  /// Requests answered with 500, 502, 503 or 504, and not executed.
  public var serverErrors = 0.0
  /// Requests whose connection is closed before they are executed.
  public var dropsBefore = 0.0
  /// Requests that are executed, and whose connection is closed instead of an answer.
  public var dropsAfter = 0.0
  /// Requests that are executed, and answered with 200 and what is no JSON.
  public var garbage = 0.0
  /// Requests that are executed, and answered rightly with five megabytes more than needed.
  public var bigAnswers = 0.0
  /// Requests that are executed and never answered: the connection stays open for ten minutes.
  public var hangs = 0.0
  /// Events that fail this time, with an entry in `errors` of a 200.
  public var eventErrors = 0.0
  /// Ids and names of events that always fail.
  public var poison: Set<String> = []
  /// A request with a poisonous event is refused as a whole, with 400, and nothing of it is executed.
  public var poisonFailsRequest = false
  /// The schema says `createEvent: CreatedEvent!`: one event that fails makes the whole `data` null. Those
  /// before it in the request have been executed, those after it not.
  public var nonNull = false
  public var outage: Outage?

  /// A time in which nobody is served.
  public struct Outage: Hashable, Sendable {
    public enum Answer: String, Sendable {
      /// 503, without saying for how long.
      case unavailable
      /// Connections are closed with no answer.
      case closing
    }

    public var answer: Answer
    public var ends: Date

    public init(_ answer: Answer = .unavailable, ends: Date) {
      self.answer = answer
      self.ends = ends
    }
  }

  /// The obliging target: everything works, as fast as it can.
  public init() {}

  static let mostMilliseconds = 600_000

  var sumOfShares: Double { serverErrors + dropsBefore + dropsAfter + garbage + bigAnswers + hangs }
}
