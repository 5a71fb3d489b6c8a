import Foundation
import GRDB
import ServiceContextModule
import Storage
import Tracing

/// A job that was taken up and is to be run.
struct ClaimedJob: Sendable {
  let id: String
  let kind: String
  let payload: Data
  let attempt: Int
  let context: ServiceContext

  /// Takes up to `limit` due jobs up: those whose lane is free, the longest due first.
  static func claim(_ kind: String, limit: Int, _ work: UnitOfWork) throws -> [ClaimedJob] {
    let select = try work.database.cachedStatement(
      sql: """
        SELECT id, payload, attempt + 1 - interrupted, correlation_id, causation_id, traceparent, tracestate
        FROM jobs
        WHERE kind = ? AND state = 'waiting' AND run_at <= ?
          AND (lane IS NULL OR NOT EXISTS (
            SELECT 1 FROM jobs AS earlier
            WHERE earlier.kind = jobs.kind AND earlier.lane = jobs.lane AND earlier.seq < jobs.seq
              AND earlier.state IN ('waiting', 'running')))
        ORDER BY run_at, seq LIMIT ?
        """)
    let rows = try Row.fetchAll(select, arguments: [kind, work.now, limit])
    let update = try work.database.cachedStatement(
      sql: """
        UPDATE jobs SET state = 'running', attempt = ?, interrupted = 0, started_at = ? WHERE id = ?
        """)
    return try rows.map { row in
      let job = ClaimedJob(kind: kind, row: row)
      try update.execute(arguments: [job.attempt, work.now, job.id])
      return job
    }
  }

  private init(kind: String, row: Row) {
    id = row[0]
    self.kind = kind
    payload = row[1]
    attempt = row[2]
    var context = ServiceContext.topLevel
    let trace = ["traceparent": row[5] as String?, "tracestate": row[6] as String?]
    InstrumentationSystem.instrument.extract(
      trace.compactMapValues { $0 }, into: &context, using: TraceColumns())
    context.correlationID = row[3]
    context.causationID = row[4]
    self.context = context
  }

  /// When the next job of `kind` that nothing but its time holds up is due.
  static func nextDue(_ kind: String, _ work: UnitOfWork) throws -> Timestamp? {
    let select = try work.database.cachedStatement(
      sql: "SELECT min(run_at) FROM jobs WHERE kind = ? AND state = 'waiting' AND run_at > ?")
    return try Timestamp.fetchOne(select, arguments: [kind, work.now])
  }
}
