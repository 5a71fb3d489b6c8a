import Foundation
import GRDB
import ServiceContextModule
public import Storage
import Tracing

extension UnitOfWork {
  /// Publishes `event` with this unit of work: committed with its state change or not at all, sent after the
  /// commit, in commit order per key.
  public func publish(_ event: some Event) throws {
    try publish(event, as: type(of: event).name, on: type(of: event).topic, key: event.key)
  }

  func publish(
    _ payload: some Encodable, as name: String, on topic: Topic, key: String
  ) throws {
    let trace = trace
    let id = UUIDv7.next(at: now)
    let insert = try database.cachedStatement(sql: Self.insertIntoOutbox)
    try insert.execute(arguments: [
      id, name, topic.name, key, now, context.correlationID ?? id, context.causationID,
      trace["traceparent"], trace["tracestate"], try EventCoding.encoder.encode(payload),
    ])
    raiseOnCommit(.outbox)
  }

  /// The id of the trace that this unit of work belongs to, as 32 hexadecimal digits; nil without one.
  public var traceID: String? {
    // version-trace-span-flags; W3C Trace Context, section 3.2.
    trace["traceparent"].flatMap { $0.split(separator: "-").dropFirst().first.map(String.init) }
  }

  private var trace: [String: String] {
    var trace: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &trace, using: DictionaryInjector())
    return trace
  }

  private static var insertIntoOutbox: String {
    """
    INSERT INTO outbox (event_id, type, topic, key, time, correlation_id, causation_id, traceparent,
      tracestate, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  }
}
