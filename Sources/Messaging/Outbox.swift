import Foundation
import GRDB
public import Storage

extension UnitOfWork {
  /// Publishes `event` with this unit of work: committed with its state change or not at all, sent after the
  /// commit, in commit order per key.
  public func publish(_ event: some Event) throws {
    try publish(event, as: type(of: event).name, on: type(of: event).topic, key: event.key)
  }

  /// Publishes what was written ahead, with this unit of work.
  public func publish(_ event: PreparedEvent) throws {
    try publish(event.payload, as: event.name, on: event.topic, key: event.key, event.trace)
  }

  func publish(
    _ payload: some Encodable, as name: String, on topic: Topic, key: String
  ) throws {
    try publish(
      try EventCoding.encoder.encode(payload), as: name, on: topic, key: key, Trace(context))
  }

  private func publish(
    _ payload: Data, as name: String, on topic: Topic, key: String, _ trace: Trace
  ) throws {
    let id = UUIDv7.next(at: now)
    let insert = try database.cachedStatement(sql: Self.insertIntoOutbox)
    try insert.execute(arguments: [
      id, name, topic.name, key, now, context.correlationID ?? id, context.causationID, trace.parent,
      trace.state, payload,
    ])
    raiseOnCommit(.outbox)
  }

  /// The id of the trace that this unit of work belongs to, as 32 hexadecimal digits; nil without one.
  public var traceID: String? { Trace(context).id }

  private static var insertIntoOutbox: String {
    """
    INSERT INTO outbox (event_id, type, topic, key, time, correlation_id, causation_id, traceparent,
      tracestate, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  }
}
