import Contracts
import GRDB
import Messaging
import Storage

/// A line that a task logged.
struct TaskLine: Encodable, Sendable {
  private static let retention = Duration.days(30)

  let seq: Int64
  let attempt: Int
  let line: Int
  let text: String
  let loggedAt: Timestamp

  private enum CodingKeys: CodingKey {
    case attempt, line, text, loggedAt
  }

  /// - Returns: false when it is kept already: an attempt that is resumed after a crash says its lines again.
  static func keep(_ event: TaskLogged, _ work: UnitOfWork) throws -> Bool {
    try work.database.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO task_lines (task_id, attempt, line, text, logged_at) VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [event.id, event.attempt, event.line, event.text, event.loggedAt])
    guard work.database.changesCount > 0 else { return false }
    work.raiseOnCommit(.lines(of: event.id))
    return true
  }

  /// The lines of a task after `seq`, in the order in which they came.
  static func fetch(after seq: Int64, of task: TaskID, limit: Int, in database: Database) throws -> [TaskLine]
  {
    let select = try database.cachedStatement(
      sql: """
        SELECT seq, attempt, line, text, logged_at FROM task_lines
        WHERE task_id = ? AND seq > ? ORDER BY seq LIMIT ?
        """)
    return try Row.fetchAll(select, arguments: [task, seq, limit]).map { row in
      TaskLine(seq: row[0], attempt: row[1], line: row[2], text: row[3], loggedAt: row[4])
    }
  }

  static func page(_ request: PageRequest, of task: TaskID, in database: Database) throws -> Page<TaskLine> {
    let lines = try fetch(
      after: request.after.flatMap { Int64($0) } ?? 0, of: task, limit: request.limit + 1, in: database)
    return Page(fetched: lines, limit: request.limit) { "\($0.seq)" }
  }

  /// Whether every line of the last attempt has arrived, or was here and is not kept any more.
  static func areAllHere(_ task: UserTask, at now: Timestamp, in database: Database) throws -> Bool {
    let here = try Int.fetchOne(
      database.cachedStatement(sql: "SELECT count(*) FROM task_lines WHERE task_id = ? AND attempt = ?"),
      arguments: [task.id, task.attempt])
    // A day early: lines are logged before the attempt ends.
    return (here ?? 0) >= task.lines || task.updatedAt < now - (retention - .days(1))
  }

  /// Deletes at most `limit` old ones.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    // In the order in which they came, so the first are the oldest.
    let delete = try work.database.cachedStatement(
      sql: """
        DELETE FROM task_lines WHERE seq IN (
          SELECT seq FROM (SELECT seq, logged_at FROM task_lines ORDER BY seq LIMIT ?) WHERE logged_at < ?)
        """)
    try delete.execute(arguments: [limit, work.now - retention])
    return work.database.changesCount == limit
  }
}

extension CommitSignal {
  /// A line of this task came, or its status changed.
  static func lines(of task: TaskID) -> CommitSignal { CommitSignal("lines.of.\(task)") }
}
