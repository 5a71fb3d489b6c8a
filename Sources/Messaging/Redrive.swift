import Foundation
public import GRDB
public import Storage

/// Dead letters that are tried again at an operator's word: which, at whose word, why, and what came of it.
///
/// It goes through its letters from the oldest on, and is over when each was handed back to whoever could not
/// do with it the first time. Which of them fail again shows later, and is counted then.
public struct Redrive: Encodable, Sendable {
  public enum State: String, Codable, Sendable {
    case running = "RUNNING"
    /// All its letters were handed back, or skipped.
    case finished = "FINISHED"
    /// A letter failed again in the same way. The rest is as dead as before.
    case stopped = "STOPPED"
    /// An operator stopped it.
    case cancelled = "CANCELLED"
  }

  public let id: String
  /// The subject of the operator's token.
  public let by: String
  public let why: String
  /// The letters it is about, when they were named one by one; else ``filter`` says which.
  public let ids: [String]?
  /// The letters it is about are those that were open when it began.
  public let filter: DeadLetterFilter?
  /// Nil when all were handed back at once.
  public let perSecond: Double?
  public let stopOnSameFailure: Bool
  public internal(set) var state: State
  /// How many letters it was about when it began.
  public let total: Int
  public internal(set) var redriven: Int
  /// Unknown, settled before their turn came, or jobs that cannot be run again.
  public internal(set) var skipped: Int
  /// Of those redriven, how many are dead letters again: counted on after it is over.
  public let failedAgain: Int
  public let stopReason: String?
  public let createdAt: Timestamp
  public internal(set) var finishedAt: Timestamp?

  var position: String
  let lastID: String

  private enum CodingKeys: CodingKey {
    case id, by, why, ids, filter, perSecond, stopOnSameFailure, state, total, redriven, skipped, failedAgain,
      stopReason, createdAt, finishedAt
  }
}

extension Redrive {
  private static let columns = """
    id, started_by, why, ids, filter, per_second, stop_on_same_failure, state, total, redriven, skipped,
    failed_again, stop_reason, created_at, finished_at, position, last_id
    """

  private init(row: Row) throws {
    id = row[0]
    by = row[1]
    why = row[2]
    ids = try (row[3] as String?).map { try EventCoding.decoder.decode([String].self, from: Data($0.utf8)) }
    filter = try (row[4] as String?).map {
      try EventCoding.decoder.decode(DeadLetterFilter.self, from: Data($0.utf8))
    }
    perSecond = row[5]
    stopOnSameFailure = row[6]
    state = State(rawValue: row[7]) ?? .stopped
    total = row[8]
    redriven = row[9]
    skipped = row[10]
    failedAgain = row[11]
    stopReason = row[12]
    createdAt = row[13]
    finishedAt = row[14]
    position = row[15]
    lastID = row[16]
  }

  public static func find(_ id: String, in database: Database) throws -> Redrive? {
    try Row.fetchOne(database, sql: "SELECT \(columns) FROM redrives WHERE id = ?", arguments: [id])
      .map { try Redrive(row: $0) }
  }

  /// The newest first.
  public static func list(_ page: PageRequest, in database: Database) throws -> Page<Redrive> {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT \(columns) FROM redrives WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2
        """, arguments: [page.after, page.limit + 1])
    return Page(fetched: try rows.map { try Redrive(row: $0) }, limit: page.limit, key: \.id)
  }

  static func running(in database: Database) throws -> [Redrive] {
    try Row.fetchAll(
      database, sql: "SELECT \(columns) FROM redrives WHERE state = 'RUNNING' ORDER BY id"
    ).map { try Redrive(row: $0) }
  }
}
