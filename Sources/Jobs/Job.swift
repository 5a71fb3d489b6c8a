/// Work that touches the outside world: described by a durable row, done between transactions, never inside one.
///
///     struct DeliverEvent: Job {
///       static let kind = "gateway.deliver-event"
///       let event: String
///     }
public protocol Job: Codable, Sendable {
  /// Stable for ever: the rows of a store outlive the Swift type.
  static var kind: String { get }
  /// Jobs of one lane run one at a time, in the order they were enqueued; nil for a job that waits for nobody.
  var lane: String? { get }
  /// At most one unfinished job of a kind has this key; nil for a job that may exist any number of times.
  var uniqueKey: String? { get }
}

extension Job {
  public var lane: String? { nil }
  public var uniqueKey: String? { nil }
}
