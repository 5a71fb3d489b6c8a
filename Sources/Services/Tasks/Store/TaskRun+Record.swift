import Contracts
import GRDB
import Messaging
import Storage

extension TaskRun: FetchableRecord {
  init(row: Row) throws {
    let status: String = row["status"]
    guard let status = TaskStatus(rawValue: status) else { throw UnknownStatus(status: status) }
    self.init(
      id: row["task_id"], userID: row["user_id"], status: status, attempt: row["attempt"],
      earlierAttempts: row["earlier_attempts"], lines: row["lines"], sequence: row["sequence"],
      jobID: row["job_id"],
      isCancelled: row["is_cancelled"], reason: row["reason"], nextAttemptAt: row["next_attempt_at"],
      updatedAt: row["updated_at"])
  }

  private struct UnknownStatus: Error {
    let status: String
  }

  static func find(_ id: TaskID, in database: Database) throws -> TaskRun? {
    try fetchOne(
      database.cachedStatement(sql: "SELECT * FROM task_runs WHERE task_id = ?"), arguments: [id])
  }

  /// Notes that the attempt under way has logged `line`.
  static func logged(_ line: Int, of id: TaskID, in database: Database) throws {
    try database.cachedStatement(sql: "UPDATE task_runs SET lines = max(lines, ?) WHERE task_id = ?")
      .execute(arguments: [line, id])
  }

  /// Deletes at most `limit` that are over, and were cancelled or done so long ago that nothing comes back.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    let delete = try work.database.cachedStatement(
      sql: """
        DELETE FROM task_runs WHERE task_id IN (
          SELECT task_id FROM task_runs
          WHERE (status IN ('SUCCESS', 'CANCELLED') OR job_id IS NULL) AND updated_at < ?
          ORDER BY updated_at LIMIT ?)
        """)
    // Longer than the events can be read again, dead letters included.
    try delete.execute(arguments: [work.now - .days(37), limit])
    return work.database.changesCount == limit
  }

  /// Stores it, over what was there.
  func save(_ database: Database) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO task_runs (task_id, user_id, status, attempt, earlier_attempts, lines, sequence, job_id,
          is_cancelled, reason, next_attempt_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, attempt = excluded.attempt,
          earlier_attempts = excluded.earlier_attempts, lines = excluded.lines, sequence = excluded.sequence, job_id = excluded.job_id,
          is_cancelled = excluded.is_cancelled, reason = excluded.reason,
          next_attempt_at = excluded.next_attempt_at, updated_at = excluded.updated_at
        """
    ).execute(arguments: [
      id, userID, status.rawValue, attempt, earlierAttempts, lines, sequence, jobID, isCancelled, reason,
      nextAttemptAt, updatedAt,
    ])
  }
}

extension UnitOfWork {
  /// Stores what happened to a task, and tells everybody.
  func tell(_ run: TaskRun) throws {
    try run.save(database)
    try publish(run.update(by: instance))
  }
}
