import GRDB
import HTTPAPI
import Messaging
import Storage

/// A signing key in the store: published, then signing, then published for as long as what it signed counts.
struct KeyRecord: FetchableRecord, Sendable {
  /// A key signs only when every verifier has had time to fetch it: they look every five minutes.
  static let announcement = Duration.seconds(600)
  /// What the last key signed counts for an hour; a quarter of one allows for clocks that differ.
  static let afterlife = Duration.seconds(4500)

  enum State: String, Encodable {
    /// Published, and not signing yet.
    case announced
    case signing
    /// Published, and signing no more.
    case retiring
    case withdrawn
  }

  let kid: String
  let pem: String
  let createdAt: Timestamp
  let activeAt: Timestamp
  let withdrawnAt: Timestamp?

  init(row: Row) {
    kid = row["kid"]
    pem = row["pem"]
    createdAt = row["created_at"]
    activeAt = row["active_at"]
    withdrawnAt = row["withdrawn_at"]
  }

  /// The newest first.
  static func all(in database: Database) throws -> [KeyRecord] {
    try fetchAll(database, sql: "SELECT * FROM signing_keys ORDER BY active_at DESC, kid")
  }

  /// Those whose signatures count, each with what it is at this moment.
  static func published(at now: Timestamp, in database: Database) throws -> [(key: KeyRecord, state: State)] {
    var published: [(key: KeyRecord, state: State)] = []
    var successor: KeyRecord?
    for key in try all(in: database) where key.withdrawnAt == nil {
      if now < key.activeAt {
        published.append((key, .announced))
        continue
      }
      if let successor {
        guard now < successor.activeAt + afterlife else { break }
        published.append((key, .retiring))
      } else {
        published.append((key, .signing))
      }
      successor = key
    }
    return published
  }

  static func signing(at now: Timestamp, in database: Database) throws -> KeyRecord? {
    try published(at: now, in: database).first { $0.state == .signing }?.key
  }

  @discardableResult
  static func make(activeAt: Timestamp, _ work: UnitOfWork) throws -> String {
    let key = try SigningKey()
    try work.database.execute(
      sql: "INSERT INTO signing_keys (kid, pem, created_at, active_at) VALUES (?, ?, ?, ?)",
      arguments: [key.kid, key.pem, work.now, activeAt])
    return key.kid
  }

  /// Sees to it that there is a key to sign with.
  static func ensure(_ work: UnitOfWork) throws {
    if try signing(at: work.now, in: work.database) == nil { try make(activeAt: work.now, work) }
  }

  /// Brings a new key. Nobody is logged out: it signs when everybody knows it, and the old one stays published.
  /// One that is announced already is as good as a new one.
  /// - Parameter compromised: the old keys are in the wrong hands: they count no more, and the new one signs at
  ///   once. Whoever has a token gets a new one with his refresh token.
  static func rotate(compromised: Bool, _ work: UnitOfWork) throws {
    if compromised {
      try work.database.execute(
        sql: "UPDATE signing_keys SET withdrawn_at = ? WHERE withdrawn_at IS NULL", arguments: [work.now])
      try make(activeAt: work.now, work)
    } else if try !published(at: work.now, in: work.database).contains(where: { $0.state == .announced }) {
      try make(activeAt: work.now + announcement, work)
    }
  }

  /// Deletes what has not counted for a month.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    let alive = try Set(published(at: work.now, in: work.database).map(\.key.kid))
    let old = try all(in: work.database).filter { key in
      !alive.contains(key.kid) && key.withdrawnAt ?? key.activeAt < work.now - .days(30)
    }
    for key in old.prefix(limit) {
      try work.database.execute(sql: "DELETE FROM signing_keys WHERE kid = ?", arguments: [key.kid])
    }
    return false
  }
}
