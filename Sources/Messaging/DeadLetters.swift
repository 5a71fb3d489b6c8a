public import Foundation
import GRDB
import Kafka
public import Storage

/// What could not be handled or sent, kept whole until an operator has decided about it.
public enum DeadLetters {
  /// How much of a value the announcement on the topic carries; the table holds all of it.
  private static let excerptBytes = 4096

  /// Keeps a message that a handler refused, or that nobody could read.
  static func bury(
    _ message: IncomingMessage, _ envelope: Envelope?, reason: String, attempts: Int, _ work: UnitOfWork
  ) throws {
    let letter = DeadLetter(
      .message, eventID: envelope?.id, type: envelope?.type, topic: message.topic,
      partition: message.partition, offset: message.offset,
      key: message.key.map { String(decoding: $0, as: UTF8.self) }, reason: reason, attempts: attempts,
      correlationID: envelope?.correlationID, at: work.now)
    try insert(
      letter, key: message.key, headers: message.headers, value: message.value, outboxSeq: nil, work)
  }

  /// Keeps an outbox row that the broker will never take.
  static func bury(_ row: OutboxRow, reason: String, _ work: UnitOfWork) throws {
    let letter = DeadLetter(
      .outgoing, eventID: row.envelope.id, type: row.envelope.type, topic: row.topic, key: row.key,
      reason: reason, attempts: 1, correlationID: row.envelope.correlationID, at: work.now)
    try insert(
      letter, key: Array(row.key.utf8), headers: row.envelope.headers, value: row.payload,
      outboxSeq: row.seq, work)
  }

  /// Keeps a job that failed for good; its row stays in the table of jobs, and is what a redrive runs again.
  public static func bury(
    job id: String, kind: String, payload: Data, reason: String, attempts: Int, _ work: UnitOfWork
  ) throws {
    let letter = DeadLetter(
      .job, eventID: id, type: kind, topic: "jobs", key: nil, reason: reason, attempts: attempts,
      correlationID: work.context.correlationID, at: work.now)
    try insert(letter, key: nil, headers: [], value: Array(payload), outboxSeq: nil, work)
  }

  private static func insert(
    _ letter: DeadLetter, key: [UInt8]?, headers: [RecordHeader], value: [UInt8]?, outboxSeq: Int64?,
    _ work: UnitOfWork
  ) throws {
    try work.database.cachedStatement(
      sql: """
        INSERT INTO dead_letters (id, kind, event_id, type, topic, partition, "offset", key, headers, value,
          outbox_seq, reason, attempts, correlation_id, created_at, fingerprint)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      letter.id, letter.kind.rawValue, letter.eventID, letter.type, letter.topic, letter.partition,
      letter.offset, key.map(blob), try HeaderColumn.encode(headers), value.map(blob), outboxSeq,
      letter.reason, letter.attempts, letter.correlationID, work.now, letter.fingerprint,
    ])
    try Redrive.note(returned: letter, work)
    let announcement = DeadLetterAnnouncement(
      deadLetter: letter,
      excerpt: value.map { String(decoding: $0.prefix(excerptBytes), as: UTF8.self) })
    let topic = Topic.deadLetters(of: work.service)
    // The key is cut like the value: what made a message too large must not make its announcement so.
    try work.publish(
      announcement, as: "\(topic.name).v1", on: topic, key: String((letter.key ?? letter.id).prefix(256)))
  }

  /// Tries a dead letter again: a message behind whatever waits under its key, an outgoing event in its old
  /// place, a job by whatever `jobs` does with its id.
  /// - Parameters:
  ///   - redrive: the ``Redrive`` that this is part of.
  ///   - jobs: runs a dead job again, and says whether it could.
  /// - Returns: false when it is unknown or already settled, or a job that cannot be run again.
  public static func redrive(
    _ id: String, by operatorName: String, in redrive: String? = nil,
    jobs: (String, UnitOfWork) throws -> Bool = { _, _ in false }, _ work: UnitOfWork
  ) throws -> Bool {
    let database = work.database
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT * FROM dead_letters WHERE id = ? AND state = 'dead'", arguments: [id])
    else { return false }
    if row["kind"] == DeadLetter.Kind.job.rawValue {
      guard let job = row["event_id"] as String?, try jobs(job, work) else { return false }
    } else if let seq = row["outbox_seq"] as Int64? {
      try database.execute(sql: "UPDATE outbox SET state = 0 WHERE seq = ?", arguments: [seq])
      work.raiseOnCommit(.outbox)
    } else {
      let message = IncomingMessage(
        topic: row["topic"], partition: row["partition"] ?? 0, offset: row["offset"] ?? 0,
        key: row.bytes(named: "key"), headers: try HeaderColumn.decode(row["headers"]),
        value: row.bytes(named: "value"))
      let waits = try Parked.hasLine(of: message, work)
      try Parked.park(
        message, Envelope(headers: message.headers), reason: "redriven by \(operatorName)",
        due: waits ? nil : work.now, in: redrive, work)
    }
    try settle(id, as: .redriven, by: operatorName, in: redrive, work)
    return true
  }

  /// Gives a dead letter up. What waits behind a discarded outgoing event goes on.
  /// - Returns: false when it is unknown or already settled.
  public static func discard(_ id: String, by operatorName: String, _ work: UnitOfWork) throws -> Bool {
    let database = work.database
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT outbox_seq FROM dead_letters WHERE id = ? AND state = 'dead'",
        arguments: [id])
    else { return false }
    if let seq = row["outbox_seq"] as Int64? {
      try database.execute(sql: "UPDATE outbox SET state = 4 WHERE seq = ?", arguments: [seq])
      work.raiseOnCommit(.outbox)
    }
    try settle(id, as: .discarded, by: operatorName, work)
    return true
  }

  private static func settle(
    _ id: String, as state: DeadLetter.State, by operatorName: String, in redrive: String? = nil,
    _ work: UnitOfWork
  ) throws {
    try work.database.cachedStatement(
      sql: "UPDATE dead_letters SET state = ?, settled_at = ?, settled_by = ?, redrive_id = ? WHERE id = ?"
    ).execute(arguments: [state.rawValue, work.now, operatorName, redrive, id])
  }
}

/// What the topic `<service>.dead-letters` carries: enough to know, not the whole message.
struct DeadLetterAnnouncement: Encodable {
  let deadLetter: DeadLetter
  let excerpt: String?
}
