public import Messaging

/// A source has handed an event over, and it is durable.
public struct EventReceived: Event, Hashable {
  public static let name = "event.received.v1"
  public static let topic = Topic("event.received")

  public let id: SourceEventID
  /// The source that sent it.
  public let source: String
  public let name: String
  public let body: String
  /// As the source wrote it.
  public let timestamp: String
  /// The brand of the source at that time.
  public let brand: String
  public let receivedAt: Timestamp
  /// Set when the events of a source are to be delivered in order: then the source is the key.
  public let isOrdered: Bool

  public var key: String { isOrdered ? source : "\(id)" }

  public init(
    id: SourceEventID, source: String, name: String, body: String, timestamp: String, brand: String,
    receivedAt: Timestamp, isOrdered: Bool
  ) {
    self.id = id
    self.source = source
    self.name = name
    self.body = body
    self.timestamp = timestamp
    self.brand = brand
    self.receivedAt = receivedAt
    self.isOrdered = isOrdered
  }
}

/// The target has an event.
public struct EventDelivered: Event, Hashable {
  public static let name = "event.delivered.v1"
  public static let topic = Topic("event.delivered")

  public let id: SourceEventID
  public let source: String
  /// The gateway instance that delivered it.
  public let runner: String
  /// Counts from 1.
  public let attempt: Int
  /// What the target answered for this event, in short.
  public let answer: String
  public let deliveredAt: Timestamp

  public var key: String { "\(id)" }

  public init(
    id: SourceEventID, source: String, runner: String, attempt: Int, answer: String, deliveredAt: Timestamp
  ) {
    self.id = id
    self.source = source
    self.runner = runner
    self.attempt = attempt
    self.answer = answer
    self.deliveredAt = deliveredAt
  }
}

/// An attempt to deliver an event failed, and there will be another.
public struct EventDeliveryRetried: Event, Hashable {
  public static let name = "event.delivery-retried.v1"
  public static let topic = Topic("event.delivery-retried")

  public let id: SourceEventID
  public let source: String
  public let runner: String
  public let attempt: Int
  public let reason: String
  public let failedAt: Timestamp
  public let nextAttemptAt: Timestamp

  public var key: String { "\(id)" }

  public init(
    id: SourceEventID, source: String, runner: String, attempt: Int, reason: String, failedAt: Timestamp,
    nextAttemptAt: Timestamp
  ) {
    self.id = id
    self.source = source
    self.runner = runner
    self.attempt = attempt
    self.reason = reason
    self.failedAt = failedAt
    self.nextAttemptAt = nextAttemptAt
  }
}

/// The delivery of an event was given up: it is a dead letter, and can be redriven.
public struct EventDeliveryFailed: Event, Hashable {
  public static let name = "event.delivery-failed.v1"
  public static let topic = Topic("event.delivery-failed")

  public let id: SourceEventID
  public let source: String
  public let runner: String
  public let attempt: Int
  public let reason: String
  public let failedAt: Timestamp

  public var key: String { "\(id)" }

  public init(
    id: SourceEventID, source: String, runner: String, attempt: Int, reason: String, failedAt: Timestamp
  ) {
    self.id = id
    self.source = source
    self.runner = runner
    self.attempt = attempt
    self.reason = reason
    self.failedAt = failedAt
  }
}
