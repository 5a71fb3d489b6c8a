import Contracts
import Crypto
import Foundation
import GRDB
import Messaging
import Storage

/// A log-in: what one device does with one account, until it logs out.
struct Session: Encodable, FetchableRecord, Sendable {
  /// From its last use. Who stays away longer logs in again.
  private static let lifetime = Duration.days(30)

  let id: String
  let userID: UserID
  let createdAt: Timestamp
  let lastUsedAt: Timestamp
  let expiresAt: Timestamp

  private enum CodingKeys: CodingKey {
    case id, createdAt, lastUsedAt, expiresAt
  }

  init(row: Row) {
    id = row["id"]
    userID = row["user_id"]
    createdAt = row["created_at"]
    lastUsedAt = row["last_used_at"]
    expiresAt = row["expires_at"]
  }

  /// What became of a refresh token that was brought.
  enum Refreshed {
    case session(String, UserID, RefreshToken)
    /// It had been used before: the whole session has ended, because one of the two that had it is a thief.
    case reused(String, UserID)
    case notAccepted
  }

  static func begin(for user: UserID, _ work: UnitOfWork) throws -> (id: String, token: RefreshToken) {
    let id = UUIDv7.next(at: work.now)
    try work.database.execute(
      sql: """
        INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at) VALUES (?, ?, ?, ?, ?)
        """, arguments: [id, user, work.now, work.now, work.now + lifetime])
    return (id, try RefreshToken.issue(for: id, work))
  }

  /// Uses a refresh token up, and gives the next one.
  static func refresh(_ token: RefreshToken, _ work: UnitOfWork) throws -> Refreshed {
    let row = try Row.fetchOne(
      work.database,
      sql: """
        SELECT session_id, used_at, user_id, expires_at, ended_at
        FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?
        """, arguments: [token.hash])
    guard let row else { return .notAccepted }
    let (id, user): (String, UserID) = (row[0], row[2])
    guard row[4] == nil, work.now < row[3] else { return .notAccepted }
    guard row[1] == nil else {
      try end(id, because: "a refresh token was used twice", work)
      return .reused(id, user)
    }
    try work.database.execute(
      sql: "UPDATE refresh_tokens SET used_at = ? WHERE hash = ?", arguments: [work.now, token.hash])
    try work.database.execute(
      sql: "UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?",
      arguments: [work.now, work.now + lifetime, id])
    return .session(id, user, try RefreshToken.issue(for: id, work))
  }

  /// The session that a refresh token belongs to, used or not.
  static func find(by token: RefreshToken, in database: Database) throws -> String? {
    try String.fetchOne(
      database, sql: "SELECT session_id FROM refresh_tokens WHERE hash = ?", arguments: [token.hash])
  }

  static func end(_ id: String, because reason: String, _ work: UnitOfWork) throws {
    try work.database.execute(
      sql: "UPDATE sessions SET ended_at = ?, ended_because = ? WHERE id = ? AND ended_at IS NULL",
      arguments: [work.now, reason, id])
  }

  /// - Returns: whether it was there to be ended, and this user's.
  static func end(_ id: String, of user: UserID, because reason: String, _ work: UnitOfWork) throws -> Bool {
    try work.database.execute(
      sql:
        "UPDATE sessions SET ended_at = ?, ended_because = ? WHERE id = ? AND user_id = ? AND ended_at IS NULL",
      arguments: [work.now, reason, id, user])
    return work.database.changesCount > 0
  }

  static func endAll(of user: UserID, because reason: String, _ work: UnitOfWork) throws {
    try work.database.execute(
      sql: "UPDATE sessions SET ended_at = ?, ended_because = ? WHERE user_id = ? AND ended_at IS NULL",
      arguments: [work.now, reason, user])
  }

  /// Those of a user that go on, the newest first.
  static func page(
    _ request: PageRequest, of user: UserID, at now: Timestamp, in database: Database
  ) throws -> Page<Session> {
    let sessions = try fetchAll(
      database,
      sql: """
        SELECT * FROM sessions
        WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?2 AND (?3 IS NULL OR id < ?3)
        ORDER BY id DESC LIMIT ?4
        """, arguments: [user, now, request.after, request.limit + 1])
    return Page(fetched: sessions, limit: request.limit, key: \.id)
  }

  /// Deletes at most `limit` that expired, with their tokens, and as many tokens that were used so long ago.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    try work.database.execute(
      sql: """
        DELETE FROM sessions WHERE id IN (
          SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
        """, arguments: [work.now, limit])
    let sessions = work.database.changesCount
    try work.database.execute(
      sql: """
        DELETE FROM refresh_tokens WHERE hash IN (
          SELECT hash FROM refresh_tokens WHERE used_at < ? ORDER BY used_at LIMIT ?)
        """, arguments: [work.now - lifetime, limit])
    return sessions == limit || work.database.changesCount == limit
  }
}

/// What gets a new token without a password, once. Only its hash is kept.
struct RefreshToken: Sendable, CustomStringConvertible, CustomReflectable {
  let secret: String

  var hash: Data { Data(SHA256.hash(data: Array(secret.utf8))) }
  var description: String { "a refresh token" }
  var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }

  init(_ secret: String) {
    self.secret = secret
  }

  static func issue(for session: String, _ work: UnitOfWork) throws -> RefreshToken {
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    let token = RefreshToken(
      Data(bytes).base64EncodedString()
        .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
    try work.database.execute(
      sql: "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (?, ?, ?)",
      arguments: [token.hash, session, work.now])
    return token
  }
}
