import Foundation
import GRDB
import ServiceContextModule
import Storage
import Tracing

/// A job that was taken up: one run of it is under way.
struct ClaimedJob: Sendable {
  let seq: Int64
  let kind: String
  let payload: Data
  let run: JobRun
  /// How often a process ended in the middle of it.
  let interruptions: Int
  /// It was to be cancelled when the process ended.
  let isToBeCancelled: Bool
  let context: ServiceContext

  var id: String { run.jobID }

  /// Takes up to `limit` due jobs up: those whose lane is free, the longest due first.
  static func claim(_ kind: String, limit: Int, _ work: UnitOfWork) throws -> [ClaimedJob] {
    let select = try work.database.cachedStatement(
      sql: """
        SELECT seq, id, payload, attempt + 1 - interrupted, run + 1, interruptions, cancel_requested,
          correlation_id, causation_id, traceparent, tracestate
        FROM jobs
        WHERE kind = ? AND state = 'waiting' AND behind = 0 AND run_at <= ?
        ORDER BY run_at, seq LIMIT ?
        """)
    let jobs = try Row.fetchAll(select, arguments: [kind, work.now, limit]).map {
      ClaimedJob(kind: kind, row: $0)
    }
    let update = try work.database.cachedStatement(
      sql: """
        UPDATE jobs SET state = 'running', attempt = ?, interrupted = 0, run = ?, started_at = ?
        WHERE seq = ?
        """)
    for job in jobs {
      try update.execute(arguments: [job.run.attempt, job.run.number, work.now, job.seq])
    }
    return jobs
  }

  private init(kind: String, row: Row) {
    seq = row[0]
    self.kind = kind
    payload = row[2]
    let id: String = row[1]
    run = JobRun(jobID: id, attempt: row[3], number: row[4])
    interruptions = row[5]
    isToBeCancelled = row[6]
    var context = ServiceContext.topLevel
    let trace = ["traceparent": row[9] as String?, "tracestate": row[10] as String?]
    InstrumentationSystem.instrument.extract(
      trace.compactMapValues { $0 }, into: &context, using: TraceColumns())
    context.correlationID = row[7] ?? id
    context.causationID = row[8]
    self.context = context
  }

  /// When the next job of `kind` that nothing but its time holds up is due.
  static func nextDue(_ kind: String, _ work: UnitOfWork) throws -> Timestamp? {
    let select = try work.database.cachedStatement(
      sql: "SELECT min(run_at) FROM jobs WHERE kind = ? AND state = 'waiting' AND behind = 0")
    return try Timestamp.fetchOne(select, arguments: [kind])
  }

  /// Gives back what ran when a process ended: the next run is the same attempt again.
  static func resume(_ kind: String, _ work: UnitOfWork) throws {
    try work.database.execute(
      sql: """
        UPDATE jobs SET state = 'waiting', interrupted = 1, interruptions = interruptions + 1
        WHERE kind = ? AND state = 'running'
        """, arguments: [kind])
  }

  /// The jobs of these kinds that run and are asked to stop.
  static func toBeCancelled(_ kinds: Set<String>, in database: Database) throws -> [String] {
    try Row.fetchAll(
      database, sql: "SELECT kind, id FROM jobs WHERE state = 'running' AND cancel_requested = 1"
    ).filter { kinds.contains($0[0]) }.map { $0[1] }
  }
}
