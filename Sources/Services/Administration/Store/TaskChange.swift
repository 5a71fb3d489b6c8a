import Contracts
import GRDB
import Messaging
import Storage

/// Something that happened to a task, as its owner is told of it.
struct TaskChange: Encodable, Sendable {
  /// How long whoever was away can catch up.
  private static let retention = Duration.days(1)

  let seq: Int64
  let id: TaskID
  let userId: UserID
  let kind: String
  let status: String
  let attempt: Int
  let sequence: Int
  let reason: String?
  let nextAttemptAt: Timestamp?
  let cancelRequestedAt: Timestamp?
  let createdAt: Timestamp
  let updatedAt: Timestamp

  private enum CodingKeys: CodingKey {
    case id, userId, kind, status, attempt, sequence, reason, nextAttemptAt, cancelRequestedAt, createdAt,
      updatedAt
  }

  /// Notes that `task` changed, and wakes its owner's watchers after the commit.
  static func note(_ task: UserTask, _ work: UnitOfWork) throws {
    try work.database.cachedStatement(
      sql: """
        INSERT INTO task_changes (task_id, user_id, status, attempt, sequence, reason, next_attempt_at,
          cancel_requested_at, updated_at, noted_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      task.id, task.userID, task.status.rawValue, task.attempt, task.sequence, task.reason,
      task.nextAttemptAt, task.cancelRequestedAt, task.updatedAt, work.now,
    ])
    work.raiseOnCommit(.changes(of: task.userID))
    work.raiseOnCommit(.lines(of: task.id))
  }

  /// What happened to a user's tasks after `seq`, the earliest first.
  static func fetch(
    after seq: Int64, of user: UserID, limit: Int, in database: Database
  ) throws -> [TaskChange] {
    let select = try database.cachedStatement(
      sql: """
        SELECT change.seq, change.task_id, change.user_id, task.kind, change.status, change.attempt,
          change.sequence, change.reason, change.next_attempt_at, change.cancel_requested_at,
          task.created_at, change.updated_at
        FROM task_changes AS change JOIN tasks AS task ON task.id = change.task_id
        WHERE change.user_id = ? AND change.seq > ? ORDER BY change.seq LIMIT ?
        """)
    return try Row.fetchAll(select, arguments: [user, seq, limit]).map { row in
      TaskChange(
        seq: row[0], id: row[1], userId: row[2], kind: row[3], status: row[4], attempt: row[5],
        sequence: row[6], reason: row[7], nextAttemptAt: row[8], cancelRequestedAt: row[9],
        createdAt: row[10], updatedAt: row[11])
    }
  }

  /// The last number given, and the last that is not kept any more.
  static func bounds(in database: Database) throws -> (last: Int64, forgotten: Int64) {
    let last =
      try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'task_changes'") ?? 0
    let first = try Int64.fetchOne(database, sql: "SELECT min(seq) FROM task_changes") ?? last + 1
    return (last, first - 1)
  }

  /// Deletes at most `limit` old ones.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    // In the order in which they were noted, so the first is the oldest.
    let delete = try work.database.cachedStatement(
      sql: """
        DELETE FROM task_changes WHERE seq IN (
          SELECT seq FROM (SELECT seq, noted_at FROM task_changes ORDER BY seq LIMIT ?) WHERE noted_at < ?)
        """)
    try delete.execute(arguments: [limit, work.now - retention])
    return work.database.changesCount == limit
  }
}

extension CommitSignal {
  /// Something happened to a task of this user's.
  static func changes(of user: UserID) -> CommitSignal { CommitSignal("tasks.of.\(user)") }
}
