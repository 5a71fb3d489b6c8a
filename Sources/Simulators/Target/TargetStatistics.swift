/// What the target has seen so far.
public struct TargetStatistics: Hashable, Sendable {
  public internal(set) var requests = 0
  /// By the status of the answer, and "dropped" and "hung" for those without one.
  public internal(set) var outcomes: [String: Int] = [:]
  public internal(set) var events = 0
  public internal(set) var duplicates = 0
  /// Requests answered with 429.
  public internal(set) var throttled = 0
  /// The most events in one request.
  public internal(set) var largestBatch = 0
  /// The most requests within any one second, those throttled among them.
  public internal(set) var highestRate = 0

  var json: JSONValue {
    let outcomes = outcomes.sorted { $0.key < $1.key }
    return [
      "requests": .integer(requests),
      "byStatus": .object(outcomes.map { .init(name: $0.key, value: .integer($0.value)) }),
      "events": .integer(events), "duplicates": .integer(duplicates), "throttled": .integer(throttled),
      "largestBatch": .integer(largestBatch), "highestRate": .integer(highestRate),
    ]
  }
}
