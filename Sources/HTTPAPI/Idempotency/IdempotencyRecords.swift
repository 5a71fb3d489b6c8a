import Foundation
import GRDB
import HTTPTypes
import Hummingbird
public import Storage

extension [Migration] {
  /// The table that ``API/decide(_:_:scope:_:_:)`` remembers replies in.
  public static var idempotency: [Migration] {
    [
      Migration(
        "httpapi.1",
        """
        CREATE TABLE idempotency (
          id INTEGER PRIMARY KEY,
          subject TEXT NOT NULL,
          method TEXT NOT NULL,
          path TEXT NOT NULL,
          key TEXT NOT NULL,
          fingerprint BLOB NOT NULL,
          status INTEGER NOT NULL,
          headers TEXT NOT NULL,
          body BLOB NOT NULL,
          created_at INTEGER NOT NULL,
          UNIQUE (subject, path, method, key)
        ) STRICT;
        """)
    ]
  }
}

/// Forgets the replies remembered before `moment`, oldest first, at most `limit` of them.
///
/// A client that repeats a request after that gets a second effect: keep them longer than any client retries.
/// - Parameter moment: 24 hours ago unless said otherwise.
/// - Returns: how many were forgotten; fewer than `limit` means that none are left.
@discardableResult
public func pruneIdempotencyKeys(
  in work: UnitOfWork, before moment: Timestamp? = nil, limit: Int = 1000
) throws -> Int {
  // Ids grow with time, so the oldest are the first: no index by age is kept for this.
  try work.database.execute(
    sql: """
      DELETE FROM idempotency WHERE id IN (
        SELECT id FROM (SELECT id, created_at FROM idempotency ORDER BY id LIMIT ?) WHERE created_at < ?)
      """, arguments: [limit, moment ?? work.now - .hours(24)])
  return work.database.changesCount
}

extension UnitOfWork {
  /// Decides, unless this request was decided before; then it gives the reply of that time.
  ///
  /// Units of work run one after the other: of many requests with the same key the first decides, and the
  /// others find its reply, also within one commit.
  func once(_ key: IdempotencyKey?, _ decide: () throws -> Reply) throws -> Reply {
    guard let key else { return try decide() }
    if let earlier = try replay(of: key) { return earlier }
    let reply = try decide()
    return try remember(reply, for: key)
  }

  private func replay(of key: IdempotencyKey) throws -> Reply? {
    let statement = try database.cachedStatement(
      sql: """
        SELECT fingerprint, status, headers, body FROM idempotency
        WHERE subject = ? AND path = ? AND method = ? AND key = ?
        """)
    guard
      let row = try Row.fetchOne(statement, arguments: [key.subject, key.path, key.method, key.text])
    else { return nil }
    guard row["fingerprint"] == key.fingerprint else { throw Problem.idempotencyKeyReused }
    var headers = try HTTPFields(stored: row["headers"])
    headers[.idempotencyReplayed] = "true"
    let body: Data = row["body"]
    return Reply(
      HTTPResponse.Status(code: row["status"]), headers: headers, encoded: ByteBuffer(bytes: body))
  }

  private func remember(_ reply: Reply, for key: IdempotencyKey) throws -> Reply {
    let bytes = try reply.bytes()
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO idempotency (subject, path, method, key, fingerprint, status, headers, body, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      key.subject, key.path, key.method, key.text, key.fingerprint, reply.status.code,
      try reply.headers.stored(), Data(bytes.readableBytesView), now,
    ])
    return Reply(reply.status, headers: reply.headers, encoded: bytes)
  }
}

extension HTTPFields {
  fileprivate init(stored text: String) throws {
    self.init()
    for pair in try JSONDecoder().decode([[String]].self, from: Data(text.utf8)) where pair.count == 2 {
      guard let name = HTTPField.Name(pair[0]) else { continue }
      append(HTTPField(name: name, value: pair[1]))
    }
  }

  fileprivate func stored() throws -> String {
    String(decoding: try JSON.encoder.encode(map { [$0.name.rawName, $0.value] }), as: UTF8.self)
  }
}
