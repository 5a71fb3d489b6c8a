import Foundation
import GRDB
import Messaging
import Storage

extension Source: FetchableRecord {
  init(row: Row) {
    self.init(
      id: row["id"], brand: row["brand"], disabledAt: row["disabled_at"], createdAt: row["created_at"])
  }

  static func find(_ id: String, in database: Database) throws -> Source {
    guard let source = try fetchOne(database, sql: "SELECT * FROM sources WHERE id = ?", arguments: [id])
    else { throw SourceError.unknown(id) }
    return source
  }

  static func all(in database: Database) throws -> [Source] {
    try fetchAll(database, sql: "SELECT * FROM sources ORDER BY id")
  }

  static func page(_ request: PageRequest, in database: Database) throws -> Page<Source> {
    let sources = try fetchAll(
      database, sql: "SELECT * FROM sources WHERE id > ? ORDER BY id LIMIT ?",
      arguments: [request.after ?? "", request.limit + 1])
    return Page(fetched: sources, limit: request.limit, key: \.id)
  }
}

/// One credential of a source, as it is kept.
struct CredentialRecord: Sendable {
  let id: String
  let source: String
  let credential: Credential
  let createdAt: Timestamp
  /// Nil for the newest.
  let expiresAt: Timestamp?

  var kind: Credential.Kind {
    switch credential {
    case .key: .key
    case .webhook: .webhook
    }
  }

  func isActive(at now: Timestamp) -> Bool { expiresAt.map { now < $0 } ?? true }

  static func all(in database: Database) throws -> [CredentialRecord] {
    try Row.fetchAll(database, sql: "SELECT * FROM source_credentials ORDER BY created_at, id").compactMap {
      row in
      let credential: Credential
      if let hash: Data = row["key_hash"] {
        credential = .key(hash: Array(hash))
      } else if let text: String = row["secret"], let secret = WebhookSecret(text) {
        credential = .webhook(secret)
      } else {
        return nil
      }
      return CredentialRecord(
        id: row["id"], source: row["source"], credential: credential, createdAt: row["created_at"],
        expiresAt: row["expires_at"])
    }
  }
}

extension UnitOfWork {
  /// The source of a new installation. It has no key yet.
  func ensureStandardSource() throws {
    let source = try Source.create(Source.standard.id, brand: Source.standard.brand, at: now)
    guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sources") == 0 else { return }
    try insert(source)
  }

  func insert(_ source: Source) throws {
    let isTaken =
      try Bool.fetchOne(database, sql: "SELECT 1 FROM sources WHERE id = ?", arguments: [source.id]) ?? false
    if isTaken { throw SourceError.taken(source.id) }
    try database.execute(
      sql: "INSERT INTO sources (id, brand, created_at) VALUES (?, ?, ?)",
      arguments: [source.id, source.brand, source.createdAt])
  }

  func disable(_ source: Source, _ isDisabled: Bool) throws {
    try database.execute(
      sql: "UPDATE sources SET disabled_at = ? WHERE id = ?", arguments: [isDisabled ? now : nil, source.id])
  }

  /// Gives a source a new credential; what it had counts on for `overlap`.
  /// - Parameter given: a key or secret that was made elsewhere; a new one when nil.
  /// - Returns: the secret in clear: the only time it is seen.
  func issueCredential(
    _ kind: Credential.Kind, for source: String, overlap: Duration, given: String?
  ) throws -> String {
    if let given { try check(given, kind) }
    try database.execute(
      sql: "DELETE FROM source_credentials WHERE source = ? AND expires_at <= ?", arguments: [source, now])
    try database.execute(
      sql:
        "UPDATE source_credentials SET expires_at = min(coalesce(expires_at, ?1), ?1) WHERE source = ?2 AND id <> ?3",
      arguments: [now + overlap, source, Self.simulatorKey])
    let id = UUIDv7.next(at: now)
    switch kind {
    case .key:
      let key = given ?? SourceKey.generate()
      try database.execute(
        sql: "INSERT INTO source_credentials (id, source, key_hash, created_at) VALUES (?, ?, ?, ?)",
        arguments: [id, source, Data(SourceKey.hash(key)), now])
      return key
    case .webhook:
      let secret = given ?? WebhookSecret.generate()
      try database.execute(
        sql: "INSERT INTO source_credentials (id, source, secret, created_at) VALUES (?, ?, ?, ?)",
        arguments: [id, source, secret, now])
      return secret
    }
  }

  private func check(_ given: String, _ kind: Credential.Kind) throws {
    switch kind {
    case .key:
      guard SourceKey.isStrong(given) else { throw SourceError.weakSecret }
      let isKnown = try Bool.fetchOne(
        database, sql: "SELECT 1 FROM source_credentials WHERE key_hash = ?",
        arguments: [Data(SourceKey.hash(given))])
      if isKnown == true { throw SourceError.secretTaken }
    case .webhook:
      guard WebhookSecret(given) != nil else { throw SourceError.weakSecret }
    }
  }

  /// The id of the key of the simulator that runs beside the gateway: it lives no longer than that process.
  private static let simulatorKey = "source-simulator"

  /// Makes a new key for the simulator, beside those that a source has.
  /// - Returns: the key in clear.
  func makeSimulatorKey(of source: String) throws -> String {
    let key = SourceKey.generate()
    try database.execute(
      sql: """
        INSERT INTO source_credentials (id, source, key_hash, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET key_hash = excluded.key_hash, created_at = excluded.created_at,
          expires_at = NULL
        """, arguments: [Self.simulatorKey, source, Data(SourceKey.hash(key)), now])
    return key
  }
}
