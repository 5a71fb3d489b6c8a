import Contracts
import Foundation
import GRDB
import Messaging
import Storage

extension UserTask: FetchableRecord {
  init(row: Row) throws {
    let status: String = row["status"]
    guard let status = TaskStatus(rawValue: status) else { throw UnknownStatus(status: status) }
    let input: String = row["input"]
    self.init(
      id: row["id"], userID: row["user_id"], kind: row["kind"],
      input: input == "null" ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(input.utf8)),
      status: status,
      attempt: row["attempt"], sequence: row["sequence"], runner: row["runner"], lines: row["lines"],
      reason: row["reason"], nextAttemptAt: row["next_attempt_at"],
      cancelRequestedAt: row["cancel_requested_at"], createdAt: row["created_at"],
      updatedAt: row["updated_at"])
  }

  private struct UnknownStatus: Error {
    let status: String
  }

  func insert(_ database: Database) throws {
    let input = String(decoding: try JSONEncoder().encode(input), as: UTF8.self)
    try database.cachedStatement(
      sql: """
        INSERT INTO tasks (id, user_id, kind, input, status, attempt, sequence, runner, lines, reason,
          next_attempt_at, cancel_requested_at, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, userID, kind, input, status.rawValue, attempt, sequence, runner, lines, reason, nextAttemptAt,
      cancelRequestedAt, createdAt, updatedAt,
    ])
  }

  /// Writes what can change.
  func update(_ database: Database) throws {
    try database.cachedStatement(
      sql: """
        UPDATE tasks SET status = ?, attempt = ?, sequence = ?, runner = ?, lines = ?, reason = ?,
          next_attempt_at = ?, cancel_requested_at = ?, updated_at = ?
        WHERE id = ?
        """
    ).execute(arguments: [
      status.rawValue, attempt, sequence, runner, lines, reason, nextAttemptAt, cancelRequestedAt, updatedAt,
      id,
    ])
  }

  static func find(_ id: TaskID, in database: Database) throws -> UserTask? {
    try fetchOne(database.cachedStatement(sql: "SELECT * FROM tasks WHERE id = ?"), arguments: [id])
  }

  enum Runner {
    case unknownTask, nobodyYet
    case instance(String)
  }

  /// Whose word counts, without the rest: every line of every task asks for it.
  static func runner(of id: TaskID, in database: Database) throws -> Runner {
    let select = try database.cachedStatement(sql: "SELECT runner FROM tasks WHERE id = ?")
    guard let row = try Row.fetchOne(select, arguments: [id]) else { return .unknownTask }
    return (row[0] as String?).map { .instance($0) } ?? .nobodyYet
  }

  /// Nobody else's.
  static func find(_ id: TaskID, of user: UserID, in database: Database) throws -> UserTask {
    guard let task = try find(id, in: database), task.userID == user else {
      throw TaskError.unknownTask(id.rawValue)
    }
    return task
  }

  /// A user's own, the newest first.
  static func page(
    _ request: PageRequest, of user: UserID, status: TaskStatus?, in database: Database
  ) throws -> Page<UserTask> {
    let select = try database.cachedStatement(
      sql: """
        SELECT * FROM tasks
        WHERE user_id = ? \(status == nil ? "" : "AND status = ?") \(request.after == nil ? "" : "AND id < ?")
        ORDER BY id DESC LIMIT ?
        """)
    var arguments: StatementArguments = [user]
    if let status { arguments += [status.rawValue] }
    if let after = request.after { arguments += [after] }
    arguments += [request.limit + 1]
    return Page(
      fetched: try fetchAll(select, arguments: arguments), limit: request.limit, key: \.id.rawValue)
  }
}
