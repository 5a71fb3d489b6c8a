/// One stretch of sending at a rate: so many events, or, without a number, until it is stopped.
public struct SourceRun: Hashable, Sendable {
  /// The ids of its events are this, a hyphen and a number.
  public let prefix: String
  /// Events a second.
  public let rate: Double
  public let count: Int?
  public internal(set) var sent = 0
  public internal(set) var accepted = 0
  public internal(set) var lost = 0
  /// Whether it sends no more; what it has sent may still be under way.
  public internal(set) var isOver = false

  init(prefix: String, rate: Double, count: Int?) {
    self.prefix = prefix
    self.rate = rate
    self.count = count
  }

  var json: JSONValue {
    [
      "prefix": .string(prefix), "rate": .number(rate), "count": count.map { .integer($0) } ?? .null,
      "sent": .integer(sent), "accepted": .integer(accepted), "lost": .integer(lost),
      "isOver": .boolean(isOver),
    ]
  }
}

/// An event that is to be sent now.
struct Letter: Sendable {
  /// The number of the run that it belongs to.
  let run: Int
  let id: String
  /// Its place among all with the same prefix, from 1.
  let number: Int
}

/// What became of it.
enum Outcome: Hashable, Sendable {
  /// A 2xx came in time.
  case accepted(after: Duration)
  /// For the source it never happened.
  case lost(String)
}
