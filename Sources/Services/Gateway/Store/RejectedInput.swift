import Foundation
import GRDB
import Messaging
import Storage

/// Something that a source sent and that was no event: kept as it was, because it will not be sent again.
struct RejectedInput: Sendable, FetchableRecord {
  enum Kind: String, Sendable, Codable {
    case malformed
    /// Another event came under a known id.
    case conflict
    case tooLarge = "too-large"
  }

  /// As much as is read. Of what is too large, the beginning is enough.
  static func mostKept(of kind: Kind) -> Int { kind == .tooLarge ? 1 << 16 : 1 << 20 }

  static let retention = Duration.days(30)

  let id: String
  let source: String
  let eventID: String?
  let kind: String
  let reason: String
  let raw: [UInt8]
  /// Of the whole, as far as it was read.
  let size: Int
  let at: Timestamp

  init(row: Row) {
    id = row["id"]
    source = row["source"]
    eventID = row["event_id"]
    kind = row["kind"]
    reason = row["reason"]
    raw = Array(row["raw"] as Data)
    size = row["size"]
    at = row["at"]
  }

  static func find(_ id: String, in database: Database) throws -> RejectedInput? {
    try fetchOne(database, sql: "SELECT * FROM rejected WHERE id = ?", arguments: [id])
  }

  /// The newest first.
  static func page(
    _ request: PageRequest, source: String?, in database: Database
  ) throws -> Page<RejectedInput> {
    let rows = try fetchAll(
      database,
      sql: """
        SELECT * FROM rejected WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR source = ?2)
        ORDER BY id DESC LIMIT ?3
        """, arguments: [request.after, source, request.limit + 1])
    return Page(fetched: rows, limit: request.limit, key: \.id)
  }

  /// Deletes at most `limit` old ones.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    // The ids begin with their time.
    try work.database.cachedStatement(
      sql: """
        DELETE FROM rejected WHERE id IN (
          SELECT id FROM (SELECT id, at FROM rejected ORDER BY id LIMIT ?) WHERE at < ?)
        """
    ).execute(arguments: [limit, work.now - retention])
    return work.database.changesCount == limit
  }
}

extension UnitOfWork {
  /// - Returns: the id it can be found under.
  func reject(
    _ raw: some Collection<UInt8>, of source: String, as kind: RejectedInput.Kind, because reason: String,
    eventID: String? = nil
  ) throws -> String {
    let id = UUIDv7.next(at: now)
    try database.cachedStatement(
      sql: """
        INSERT INTO rejected (id, source, event_id, kind, reason, raw, size, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, source, eventID, kind.rawValue, reason, Data(raw.prefix(RejectedInput.mostKept(of: kind))),
      raw.count, now,
    ])
    return id
  }
}
