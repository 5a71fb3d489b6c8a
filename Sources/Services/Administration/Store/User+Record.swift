import Contracts
import GRDB
import Messaging
import Storage

extension User: FetchableRecord {
  init(row: Row) throws {
    let role: String = row["role"]
    guard let role = UserRole(rawValue: role) else { throw UnknownRole(role: role) }
    self.init(
      id: row["id"], email: EmailAddress(text: row["email"]), role: role, createdAt: row["created_at"],
      updatedAt: row["updated_at"])
  }

  private struct UnknownRole: Error {
    let role: String
  }

  func insert(_ password: PasswordHash, _ database: Database) throws {
    guard try User.find(email, in: database) == nil else { throw AccountError.emailIsTaken }
    try database.cachedStatement(
      sql: """
        INSERT INTO users (id, email, email_folded, password, role, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [id, email.text, email.folded, password.text, role.rawValue, createdAt, updatedAt])
  }

  static func find(_ id: UserID, in database: Database) throws -> User? {
    try fetchOne(database.cachedStatement(sql: "SELECT * FROM users WHERE id = ?"), arguments: [id])
  }

  static func find(_ email: EmailAddress, in database: Database) throws -> User? {
    try fetchOne(
      database.cachedStatement(sql: "SELECT * FROM users WHERE email_folded = ?"), arguments: [email.folded])
  }

  static func password(of email: EmailAddress, in database: Database) throws -> PasswordHash? {
    try String.fetchOne(
      database.cachedStatement(sql: "SELECT password FROM users WHERE email_folded = ?"),
      arguments: [email.folded]
    ).flatMap { PasswordHash(text: $0) }
  }

  func setPassword(_ password: PasswordHash, _ work: UnitOfWork) throws {
    try work.database.execute(
      sql: "UPDATE users SET password = ?, updated_at = ? WHERE id = ?",
      arguments: [password.text, work.now, id])
  }

  func updateRole(_ database: Database) throws {
    try database.execute(
      sql: "UPDATE users SET role = ?, updated_at = ? WHERE id = ?",
      arguments: [role.rawValue, updatedAt, id])
  }

  /// The newest first.
  static func page(
    _ request: PageRequest, email: EmailAddress?, in database: Database
  ) throws -> Page<User> {
    if let email { return Page(items: try find(email, in: database).map { [$0] } ?? [], next: nil) }
    let users = try fetchAll(
      database, sql: "SELECT * FROM users WHERE id < ? ORDER BY id DESC LIMIT ?",
      arguments: [request.after ?? "~", request.limit + 1])
    return Page(fetched: users, limit: request.limit, key: \.id.rawValue)
  }
}
