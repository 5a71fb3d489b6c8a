import Foundation
import GRDB
import Kafka
import Storage

/// A committed event on its way to the broker.
struct OutboxRow: Sendable {
  let seq: Int64
  let topic: String
  let key: String
  let envelope: Envelope
  let payload: [UInt8]

  static let columns = """
    seq, topic, key, event_id, type, time, correlation_id, causation_id, traceparent, tracestate, payload
    """

  init(_ row: Row, service: String) {
    seq = row[0]
    topic = row[1]
    key = row[2]
    envelope = Envelope(
      id: row[3], source: "/waybill/\(service)", type: row[4], subject: key, time: row[5],
      correlationID: row[6], causationID: row[7], traceparent: row[8], tracestate: row[9])
    payload = row.bytes(at: 10) ?? []
  }

  var record: ProducerRecord {
    ProducerRecord(
      topic: topic, key: Array(key.utf8), value: payload, headers: envelope.headers,
      timestamp: envelope.time?.milliseconds)
  }

  /// What the broker keeps of it, about: the embedded one keeps only so much per partition.
  var bytes: Int { payload.count + key.utf8.count + 480 }

  /// The rows that may leave now, in commit order. A row behind a dead one of its key waits for an operator.
  static func waiting(
    in database: Database, service: String, except topics: Set<String>, limit: Int
  ) throws -> [OutboxRow] {
    let excluded =
      topics.isEmpty ? "" : "AND topic NOT IN (\(topics.map { _ in "?" }.joined(separator: ",")))"
    let select = try database.cachedStatement(
      sql: """
        SELECT \(columns) FROM outbox
        WHERE state = 0 \(excluded)
          AND NOT EXISTS (
            SELECT 1 FROM outbox AS dead
            WHERE dead.state = 3 AND dead.topic = outbox.topic AND dead.key = outbox.key)
        ORDER BY seq LIMIT ?
        """)
    let arguments: [any DatabaseValueConvertible] = topics.sorted() + [limit]
    var rows: [OutboxRow] = []
    let cursor = try Row.fetchCursor(select, arguments: StatementArguments(arguments))
    while let row = try cursor.next() { rows.append(OutboxRow(row, service: service)) }
    return rows
  }
}
