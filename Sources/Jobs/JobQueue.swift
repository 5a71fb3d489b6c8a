import Foundation
import GRDB
import ServiceContextModule
public import Storage

extension UnitOfWork {
  /// Enqueues `job` with this unit of work: committed with its state change or not at all, run after the commit.
  ///
  /// - Parameter runAt: not before this time; now unless said otherwise.
  @discardableResult
  public func enqueue(
    _ job: some Job, runAt: Timestamp? = nil, ifThere duplicate: Duplicate = .keep
  ) throws -> Enqueued {
    let new = NewJob(
      kind: type(of: job).kind, lane: job.lane, uniqueKey: job.uniqueKey,
      payload: try JobCoding.encoder.encode(job), runAt: runAt ?? now)
    guard let key = new.uniqueKey, let existing = try unfinishedJob(new.kind, key) else {
      return .created(id: try insert(new))
    }
    guard case .replace = duplicate, existing.state == .waiting else {
      return .alreadyThere(id: existing.id)
    }
    try replace(existing, with: new)
    return .replaced(id: existing.id)
  }

  /// Cancels a job: for certain when it is not running; by asking its worker to stop when it runs.
  public func cancelJob(_ id: String) throws -> Cancellation {
    let select = try database.cachedStatement(sql: "SELECT seq, state FROM jobs WHERE id = ?")
    guard let row = try Row.fetchOne(select, arguments: [id]), let state = JobState(rawValue: row[1]) else {
      return .unknown
    }
    switch state {
    case .waiting:
      try endJob(row[0], as: .cancelled, error: nil)
      return .cancelled
    case .running:
      try database.cachedStatement(sql: "UPDATE jobs SET cancel_requested = 1 WHERE id = ?")
        .execute(arguments: [id])
      raiseOnCommit(.cancellations)
      return .requested
    case .succeeded, .dead, .cancelled:
      return .tooLate(state)
    }
  }

  /// Runs a dead job again, from its first attempt on; in its lane it comes before those enqueued after it.
  /// - Returns: false when it is unknown or not dead, or an unfinished job has its unique key.
  public func redriveJob(_ id: String) throws -> Bool {
    try database.cachedStatement(
      sql: """
        UPDATE OR IGNORE jobs
        SET state = 'waiting', attempt = 0, interrupted = 0, interruptions = 0, cancel_requested = 0, run_at = ?,
          finished_at = NULL, behind = \(Self.somebodyIsAhead(kind: "jobs.kind", lane: "jobs.lane"))
        WHERE id = ? AND state = 'dead'
        """
    ).execute(arguments: [now, id])
    guard database.changesCount > 0 else { return false }
    raiseOnCommit(.jobs)
    return true
  }
}

enum JobCoding {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  static let decoder = JSONDecoder()
}
