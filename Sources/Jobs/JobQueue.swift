import Foundation
import GRDB
import ServiceContextModule
public import Storage
import Tracing

/// What became of a request to enqueue.
public enum Enqueued: Hashable, Sendable {
  case created(id: String)
  /// An unfinished job has the same unique key; it stays as it is.
  case alreadyThere(id: String)
  /// An unfinished job had the same unique key and had not begun; it has the new content and time now.
  case replaced(id: String)

  public var id: String {
    switch self {
    case .created(let id), .alreadyThere(let id), .replaced(let id): id
    }
  }
}

/// What to do when an unfinished job has the same unique key.
public enum Duplicate: Sendable {
  case keep
  case replace
}

/// What became of a request to cancel.
public enum Cancellation: Hashable, Sendable {
  /// It had not begun, and never will.
  case cancelled
  /// It runs; its worker was asked to stop.
  case requested
  /// It is over already.
  case tooLate(JobState)
  case unknown
}

extension UnitOfWork {
  /// Enqueues `job` with this unit of work: committed with its state change or not at all, run after the commit.
  ///
  /// - Parameter runAt: not before this time; now unless said otherwise.
  @discardableResult
  public func enqueue(
    _ job: some Job, runAt: Timestamp? = nil, ifThere duplicate: Duplicate = .keep
  ) throws -> Enqueued {
    let kind = type(of: job).kind
    let payload = try JobCoding.encoder.encode(job)
    let due = runAt ?? now
    if let key = job.uniqueKey, let existing = try unfinished(kind, key) {
      guard case .replace = duplicate, existing.state == .waiting else {
        return .alreadyThere(id: existing.id)
      }
      try database.cachedStatement(
        sql: "UPDATE jobs SET payload = ?, lane = ?, run_at = ?, attempt = 0 WHERE id = ?"
      ).execute(arguments: [payload, job.lane, due, existing.id])
      raiseOnCommit(.jobs)
      return .replaced(id: existing.id)
    }
    var trace: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &trace, using: TraceColumns())
    let id = UUIDv7.next(at: now)
    try database.cachedStatement(
      sql: """
        INSERT INTO jobs (id, kind, lane, unique_key, state, payload, run_at, correlation_id, causation_id,
          traceparent, tracestate, created_at)
        VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, kind, job.lane, job.uniqueKey, payload, due, context.correlationID, context.causationID,
      trace["traceparent"], trace["tracestate"], now,
    ])
    raiseOnCommit(.jobs)
    return .created(id: id)
  }

  /// Cancels a job: for certain when it has not begun; by asking its worker to stop when it runs.
  public func cancelJob(_ id: String) throws -> Cancellation {
    let select = try database.cachedStatement(sql: "SELECT state FROM jobs WHERE id = ?")
    guard let text = try String.fetchOne(select, arguments: [id]), let state = JobState(rawValue: text) else {
      return .unknown
    }
    switch state {
    case .waiting:
      try database.cachedStatement(
        sql: "UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE id = ?"
      ).execute(arguments: [now, id])
      // The next of its lane may have waited for it alone.
      raiseOnCommit(.jobs)
      raiseOnCommit(.finished)
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

  /// Runs a dead job again, from its first attempt on.
  /// - Returns: false when it is unknown or not dead, or an unfinished job has its unique key.
  public func redriveJob(_ id: String) throws -> Bool {
    try database.cachedStatement(
      sql: """
        UPDATE OR IGNORE jobs
        SET state = 'waiting', attempt = 0, interruptions = 0, run_at = ?, finished_at = NULL
        WHERE id = ? AND state = 'dead'
        """
    ).execute(arguments: [now, id])
    guard database.changesCount > 0 else { return false }
    raiseOnCommit(.jobs)
    return true
  }

  private func unfinished(_ kind: String, _ key: String) throws -> (id: String, state: JobState)? {
    let select = try database.cachedStatement(
      sql: """
        SELECT id, state FROM jobs
        WHERE kind = ? AND unique_key = ? AND state IN ('waiting', 'running')
        """)
    guard let row = try Row.fetchOne(select, arguments: [kind, key]),
      let state = JobState(rawValue: row[1])
    else { return nil }
    return (row[0], state)
  }
}

struct TraceColumns: Injector, Extractor {
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
    carrier[key] = value
  }

  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

enum JobCoding {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  static let decoder = JSONDecoder()
}
