public import Foundation
public import GRDB
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
      id: UUIDv7.next(at: work.now), kind: .message, eventID: envelope?.id, type: envelope?.type,
      topic: message.topic, partition: message.partition, offset: message.offset,
      key: message.key.map { String(decoding: $0, as: UTF8.self) }, reason: reason, attempts: attempts,
      correlationID: envelope?.correlationID, createdAt: work.now, state: .dead, settledAt: nil,
      settledBy: nil)
    try insert(
      letter, key: message.key, headers: message.headers, value: message.value, outboxSeq: nil, work)
  }

  /// Keeps an outbox row that the broker will never take.
  static func bury(_ row: OutboxRow, reason: String, _ work: UnitOfWork) throws {
    let letter = DeadLetter(
      id: UUIDv7.next(at: work.now), kind: .outgoing, eventID: row.envelope.id, type: row.envelope.type,
      topic: row.topic, partition: nil, offset: nil, key: row.key, reason: reason, attempts: 1,
      correlationID: row.envelope.correlationID, createdAt: work.now, state: .dead, settledAt: nil,
      settledBy: nil)
    try insert(
      letter, key: Array(row.key.utf8), headers: row.envelope.headers, value: row.payload,
      outboxSeq: row.seq, work)
  }

  /// Keeps a job that failed for good; its row stays in the table of jobs, and is what a redrive runs again.
  public static func bury(
    job id: String, kind: String, payload: Data, reason: String, attempts: Int, _ work: UnitOfWork
  ) throws {
    let letter = DeadLetter(
      id: UUIDv7.next(at: work.now), kind: .job, eventID: id, type: kind, topic: "jobs", partition: nil,
      offset: nil, key: nil, reason: reason, attempts: attempts,
      correlationID: work.context.correlationID, createdAt: work.now, state: .dead, settledAt: nil,
      settledBy: nil)
    try insert(letter, key: nil, headers: [], value: Array(payload), outboxSeq: nil, work)
  }

  private static func insert(
    _ letter: DeadLetter, key: [UInt8]?, headers: [RecordHeader], value: [UInt8]?, outboxSeq: Int64?,
    _ work: UnitOfWork
  ) throws {
    try work.database.cachedStatement(
      sql: """
        INSERT INTO dead_letters (id, kind, event_id, type, topic, partition, "offset", key, headers, value,
          outbox_seq, reason, attempts, correlation_id, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      letter.id, letter.kind.rawValue, letter.eventID, letter.type, letter.topic, letter.partition,
      letter.offset, key.map(blob), try HeaderColumn.encode(headers), value.map(blob), outboxSeq,
      letter.reason, letter.attempts, letter.correlationID, work.now,
    ])
    let announcement = DeadLetterAnnouncement(
      deadLetter: letter,
      excerpt: value.map { String(decoding: $0.prefix(excerptBytes), as: UTF8.self) })
    let topic = Topic.deadLetters(of: work.service)
    // The key is cut like the value: what made a message too large must not make its announcement so.
    try work.publish(
      announcement, as: "\(topic.name).v1", on: topic, key: String((letter.key ?? letter.id).prefix(256)))
  }

  /// The dead letters that wait for a decision, the newest first; or those of every state.
  public static func list(_ page: PageRequest, all: Bool, in database: Database) throws -> Page<DeadLetter> {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT \(DeadLetter.columns) FROM dead_letters
        WHERE (? OR state = 'dead') AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?
        """, arguments: [all, page.after, page.after, page.limit + 1])
    return Page(fetched: rows.map(DeadLetter.init(row:)), limit: page.limit, key: \.id)
  }

  public static func find(_ id: String, in database: Database) throws -> DeadLetter.Whole? {
    try Row.fetchOne(
      database,
      sql: "SELECT \(DeadLetter.columns), headers, value FROM dead_letters WHERE id = ?", arguments: [id]
    ).map { try DeadLetter.Whole(row: $0) }
  }

  /// Tries a dead letter again: a message behind whatever waits under its key, an outgoing event in its old
  /// place, a job by whatever `jobs` does with its id.
  /// - Parameter jobs: runs a dead job again, and says whether it could.
  /// - Returns: false when it is unknown or already settled, or a job that cannot be run again.
  public static func redrive(
    _ id: String, by operatorName: String, jobs: (String, UnitOfWork) throws -> Bool = { _, _ in false },
    _ work: UnitOfWork
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
        due: waits ? nil : work.now, work)
    }
    try settle(id, as: .redriven, by: operatorName, work)
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
    _ id: String, as state: DeadLetter.State, by operatorName: String, _ work: UnitOfWork
  ) throws {
    try work.database.execute(
      sql: "UPDATE dead_letters SET state = ?, settled_at = ?, settled_by = ? WHERE id = ?",
      arguments: [state.rawValue, work.now, operatorName, id])
  }
}

/// What the topic `<service>.dead-letters` carries: enough to know, not the whole message.
struct DeadLetterAnnouncement: Encodable {
  let deadLetter: DeadLetter
  let excerpt: String?
}
