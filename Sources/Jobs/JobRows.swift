import Foundation
import GRDB
import ServiceContextModule
import Storage
import Tracing

/// A job before it has a row.
struct NewJob {
  let kind: String
  let lane: String?
  let uniqueKey: String?
  let payload: Data
  let runAt: Timestamp
  /// Set for one that comes again.
  var period: Duration?
}

/// The rows of jobs. Of the unfinished jobs of a lane exactly one is not `behind`: it alone may run.
extension UnitOfWork {
  func insert(_ job: NewJob) throws -> String {
    var trace: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &trace, using: TraceColumns())
    let id = UUIDv7.next(at: now)
    try database.cachedStatement(
      sql: """
        INSERT INTO jobs (id, kind, lane, unique_key, state, payload, run_at, period, correlation_id,
          causation_id, traceparent, tracestate, created_at, behind)
        VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
          \(Self.somebodyIsAhead(kind: "?2", lane: "?3")))
        """
    ).execute(arguments: [
      id, job.kind, job.lane, job.uniqueKey, job.payload, job.runAt, job.period?.inMilliseconds,
      context.correlationID, context.causationID, trace["traceparent"], trace["tracestate"], now,
    ])
    raiseOnCommit(.jobs)
    return id
  }

  func unfinishedJob(_ kind: String, _ key: String) throws -> (seq: Int64, id: String, state: JobState)? {
    let select = try database.cachedStatement(
      sql: """
        SELECT seq, id, state FROM jobs
        WHERE kind = ? AND unique_key = ? AND state IN ('waiting', 'running')
        """)
    guard let row = try Row.fetchOne(select, arguments: [kind, key]),
      let state = JobState(rawValue: row[2])
    else { return nil }
    return (row[0], row[1], state)
  }

  /// Gives a waiting job the content and cause of `new`; in its lane it keeps its place.
  func replace(_ existing: (seq: Int64, id: String, state: JobState), with new: NewJob) throws {
    let select = try database.cachedStatement(sql: "SELECT lane, behind FROM jobs WHERE seq = ?")
    guard let row = try Row.fetchOne(select, arguments: [existing.seq]) else { return }
    let lane: String? = row[0]
    let behind: Bool = row[1]
    var trace: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &trace, using: TraceColumns())
    try database.cachedStatement(
      sql: """
        UPDATE jobs SET payload = ?, run_at = ?, period = ?, attempt = 0, interrupted = 0, interruptions = 0,
          cancel_requested = 0, last_error = NULL, correlation_id = ?, causation_id = ?, traceparent = ?,
          tracestate = ?
        WHERE seq = ?
        """
    ).execute(arguments: [
      new.payload, new.runAt, new.period?.inMilliseconds, context.correlationID, context.causationID,
      trace["traceparent"], trace["tracestate"], existing.seq,
    ])
    if lane != new.lane {
      try database.cachedStatement(
        sql: """
          UPDATE jobs SET lane = ?2, behind = \(Self.somebodyIsAhead(kind: "jobs.kind", lane: "?2"))
          WHERE seq = ?1
          """
      ).execute(arguments: [existing.seq, new.lane])
      if !behind { try passLane(new.kind, lane) }
    }
    raiseOnCommit(.jobs)
  }

  /// Ends a job for good: the next of its lane may run, and the next of its period waits for its time.
  func endJob(_ seq: Int64, as state: JobState, error: String?) throws {
    // Read first, and not with RETURNING: for that SQLite opens a table in memory each time, which costs more
    // than all the rest.
    let select = try database.cachedStatement(
      sql: "SELECT kind, lane, behind, period, unique_key FROM jobs WHERE seq = ?")
    guard let row = try Row.fetchOne(select, arguments: [seq]) else { return }
    try database.cachedStatement(
      sql: """
        UPDATE jobs SET state = ?, last_error = coalesce(?, last_error), finished_at = ? WHERE seq = ?
        """
    ).execute(arguments: [state.rawValue, error, now, seq])
    raiseOnCommit(.finished)
    let kind: String = row[0]
    let lane: String? = row[1]
    if lane != nil, row[2] == false { try passLane(kind, lane) }
    if let period = row[3] as Int64? {
      let payload = try Data.fetchOne(
        database, sql: "SELECT payload FROM jobs WHERE seq = ?", arguments: [seq])
      let period = Duration.milliseconds(period)
      // Of its own story: what led to the last occurrence did not lead to the next.
      _ = try on(behalfOf: .topLevel).insert(
        NewJob(
          kind: kind, lane: lane, uniqueKey: row[4], payload: payload ?? Data(),
          runAt: PeriodicJob.next(every: period, after: now), period: period))
    }
  }

  /// Lets the next of a lane come forward.
  private func passLane(_ kind: String, _ lane: String?) throws {
    guard let lane else { return }
    try database.cachedStatement(
      sql: """
        UPDATE jobs SET behind = 0
        WHERE seq = (
          SELECT min(seq) FROM jobs WHERE kind = ? AND lane = ? AND state IN ('waiting', 'running'))
        """
    ).execute(arguments: [kind, lane])
    raiseOnCommit(.jobs)
  }

  static func somebodyIsAhead(kind: String, lane: String) -> String {
    """
    EXISTS (
      SELECT 1 FROM jobs AS other
      WHERE other.kind = \(kind) AND other.lane = \(lane) AND other.state IN ('waiting', 'running')
        AND other.behind = 0)
    """
  }
}

struct TraceColumns: Injector, Extractor {
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
    carrier[key] = value
  }

  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}
