import Contracts
import Foundation
import GRDB
import Messaging
import Storage

extension GatewayEvent: FetchableRecord {
  init(row: Row) throws {
    let status: String = row["status"]
    guard let status = EventStatus(rawValue: status) else { throw UnknownStatus(status: status) }
    self.init(
      seq: row["seq"], id: row["id"], source: row["source"], name: row["name"],
      body: String(decoding: row["body"] as Data, as: UTF8.self),
      timestamp: row["timestamp"], brand: row["brand"], status: status, attempt: row["attempt"],
      reason: row["reason"], answer: row["answer"], runner: row["runner"], trace: row["trace"],
      receivedAt: row["received_at"], queuedAt: row["queued_at"], firstAttemptAt: row["first_attempt_at"],
      nextAttemptAt: row["next_attempt_at"], updatedAt: row["updated_at"], change: row["change"])
  }

  private struct UnknownStatus: Error {
    let status: String
  }

  static func find(_ id: SourceEventID, in database: Database) throws -> GatewayEvent? {
    try fetchOne(database.cachedStatement(sql: "SELECT * FROM events WHERE id = ?"), arguments: [id])
  }

  static func status(_ seq: Int64, in database: Database) throws -> EventStatus? {
    try String.fetchOne(
      database.cachedStatement(sql: "SELECT status FROM events WHERE seq = ?"), arguments: [seq]
    ).flatMap(EventStatus.init)
  }

  static func fetch(_ seqs: [Int64], in database: Database) throws -> [Int64: GatewayEvent] {
    let select = try database.cachedStatement(sql: "SELECT * FROM events WHERE seq = ?")
    var events: [Int64: GatewayEvent] = [:]
    for seq in seqs { events[seq] = try fetchOne(select, arguments: [seq]) }
    return events
  }

  /// Those that changed after `change`, in the order of their last changes.
  static func changed(after change: Int64, limit: Int, in database: Database) throws -> [GatewayEvent] {
    let select = try database.cachedStatement(
      sql: "SELECT * FROM events WHERE change > ? ORDER BY change LIMIT ?")
    return try fetchAll(select, arguments: [change, limit])
  }

  /// In SQL: the last place that was given in the stream of changes.
  static let lastChange =
    "max(coalesce((SELECT max(change) FROM events), 0), (SELECT last FROM forgotten_changes))"

  static func lastChange(in database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT \(lastChange)") ?? 0
  }

  /// Deletes at most `limit` whose stories are over for long.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    // The oldest first: what is not over by then is passed over.
    let cutoff = work.now - retention
    let select = try work.database.cachedStatement(
      sql: "SELECT seq, status, received_at FROM events ORDER BY seq")
    let rows = try Row.fetchCursor(select)
    var over: [Int64] = []
    while over.count < limit, let row = try rows.next(), row["received_at"] < cutoff {
      if row["status"] == EventStatus.delivered.rawValue { over.append(row["seq"]) }
    }
    if !over.isEmpty {
      try work.database.execute(
        sql: "UPDATE forgotten_changes SET last = ?", arguments: [try lastChange(in: work.database)])
    }
    for seq in over {
      for sql in ["DELETE FROM event_steps WHERE event = ?", "DELETE FROM events WHERE seq = ?"] {
        try work.database.cachedStatement(sql: sql).execute(arguments: [seq])
      }
    }
    return over.count == limit
  }

  /// For how long a delivered event is kept, and its id known.
  static let retention = Duration.days(30)
}
