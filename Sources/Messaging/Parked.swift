import GRDB
import Kafka
import Storage

/// Messages that wait in the store: early ones, failed ones, and what queues behind them under the same key.
///
/// Order per key survives and nothing else is held up: the partition and all other keys go on.
enum Parked {
  struct Entry {
    let seq: Int64
    let message: IncomingMessage
    let attempts: Int
    let firstAt: Timestamp
  }

  static func isEmpty(_ work: UnitOfWork) throws -> Bool {
    try Bool.fetchOne(work.database.cachedStatement(sql: "SELECT NOT EXISTS (SELECT 1 FROM parked)")) ?? true
  }

  static func hasLine(of message: IncomingMessage, _ work: UnitOfWork) throws -> Bool {
    guard let key = message.key else { return false }
    let select = try work.database.cachedStatement(
      sql: "SELECT EXISTS (SELECT 1 FROM parked WHERE topic = ? AND key = ?)")
    return try Bool.fetchOne(select, arguments: [message.topic, blob(key)]) ?? false
  }

  /// - Parameters:
  ///   - due: nil for a message behind another one of its key.
  ///   - redrive: the ``Redrive`` that brought it back.
  static func park(
    _ message: IncomingMessage, _ envelope: Envelope?, reason: String, due: Timestamp?, attempts: Int = 0,
    in redrive: String? = nil, _ work: UnitOfWork
  ) throws {
    try work.database.cachedStatement(
      sql: """
        INSERT INTO parked (event_id, type, topic, partition, "offset", key, headers, value, attempts, reason,
          first_at, due_at, redrive_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      envelope?.id ?? message.fallbackID, envelope?.type ?? "unknown", message.topic, message.partition,
      message.offset, message.key.map(blob), try HeaderColumn.encode(message.headers),
      message.value.map(blob), attempts, reason, work.now, due, redrive,
    ])
    work.raiseOnCommit(.parked)
  }

  static func due(_ work: UnitOfWork, limit: Int) throws -> [Entry] {
    let rows = try Row.fetchAll(
      work.database.cachedStatement(
        sql: """
          SELECT seq, topic, partition, "offset", key, headers, value, attempts, first_at FROM parked
          WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?
          """), arguments: [work.now, limit])
    return try rows.map { row in
      Entry(
        seq: row[0],
        message: IncomingMessage(
          topic: row[1], partition: row[2], offset: row[3], key: row.bytes(at: 4),
          headers: try HeaderColumn.decode(row[5]), value: row.bytes(at: 6)),
        attempts: row[7], firstAt: row[8])
    }
  }

  static func nextDue(_ work: UnitOfWork) throws -> Timestamp? {
    try Timestamp.fetchOne(
      work.database.cachedStatement(sql: "SELECT min(due_at) FROM parked WHERE due_at IS NOT NULL"))
  }

  static func postpone(
    _ entry: Entry, until due: Timestamp, attempts: Int, reason: String?, _ work: UnitOfWork
  )
    throws
  {
    try work.database.cachedStatement(
      sql: "UPDATE parked SET due_at = ?, attempts = ?, reason = coalesce(?, reason) WHERE seq = ?"
    ).execute(arguments: [due, attempts, reason, entry.seq])
  }

  /// Removes a settled entry; the next one of its line is due at once.
  static func remove(_ entry: Entry, _ work: UnitOfWork) throws {
    try work.database.cachedStatement(sql: "DELETE FROM parked WHERE seq = ?").execute(arguments: [entry.seq])
    guard let key = entry.message.key else { return }
    try work.database.cachedStatement(
      sql: """
        UPDATE parked SET due_at = ?
        WHERE seq = (SELECT min(seq) FROM parked WHERE topic = ? AND key = ?) AND due_at IS NULL
        """
    ).execute(arguments: [work.now, entry.message.topic, blob(key)])
  }
}
