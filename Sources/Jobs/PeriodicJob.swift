import Foundation
import GRDB
import Storage

/// A job that comes again and again: at every multiple of its period since 1970, UTC.
///
/// At most one occurrence is unfinished at any time, and the next is enqueued by the transaction that ends it,
/// however it ends. What was missed while no process ran, or while one occurrence took longer than the period,
/// is not made up for.
public struct PeriodicJob: Sendable {
  let kind: String
  let uniqueKey: String
  private let period: Duration
  private let encoded: @Sendable () throws -> Data
  private let lane: String?

  /// - Parameters:
  ///   - job: the same every time. Its unique key tells it from other periodic jobs of its kind.
  ///   - period: at least a millisecond.
  public init(_ job: some Job, every period: Duration) {
    precondition(period >= .milliseconds(1), "a period is at least a millisecond")
    kind = type(of: job).kind
    uniqueKey = job.uniqueKey ?? "periodic"
    lane = job.lane
    self.period = period
    encoded = { try JobCoding.encoder.encode(job) }
  }

  static func next(every period: Duration, after now: Timestamp) -> Timestamp {
    let length = max(period.inMilliseconds, 1)
    return Timestamp(milliseconds: (now.milliseconds / length + 1) * length)
  }

  /// Sees to it that one occurrence waits. One that is there already keeps its time unless the period is new.
  func arrange(_ work: UnitOfWork) throws {
    var new = NewJob(
      kind: kind, lane: lane, uniqueKey: uniqueKey, payload: try encoded(),
      runAt: Self.next(every: period, after: work.now), period: period)
    guard let existing = try work.unfinishedJob(kind, uniqueKey) else {
      _ = try work.insert(new)
      return
    }
    let row = try Row.fetchOne(
      work.database, sql: "SELECT payload, period, run_at FROM jobs WHERE seq = ?",
      arguments: [existing.seq])
    guard let row, row[0] != new.payload || row[1] != period.inMilliseconds else { return }
    if existing.state == .waiting {
      if row[1] == period.inMilliseconds { new = new.at(row[2]) }
      try work.replace(existing, with: new)
    } else {
      try work.database.execute(
        sql: "UPDATE jobs SET period = ? WHERE seq = ?",
        arguments: [period.inMilliseconds, existing.seq])
    }
  }

  /// Ends what comes again by the will of an earlier version, and is not among `periodic`.
  static func retire(_ kind: String, except periodic: [PeriodicJob], _ work: UnitOfWork) throws {
    let rows = try Row.fetchAll(
      work.database,
      sql: """
        SELECT seq, unique_key, state FROM jobs
        WHERE kind = ? AND period IS NOT NULL AND state IN ('waiting', 'running')
        """, arguments: [kind])
    for row in rows where !periodic.contains(where: { $0.kind == kind && $0.uniqueKey == row[1] }) {
      let seq: Int64 = row[0]
      try work.database.execute(sql: "UPDATE jobs SET period = NULL WHERE seq = ?", arguments: [seq])
      if row[2] == JobState.waiting.rawValue { try work.endJob(seq, as: .cancelled, error: nil) }
    }
  }
}

extension NewJob {
  fileprivate func at(_ time: Timestamp) -> NewJob {
    NewJob(
      kind: kind, lane: lane, uniqueKey: uniqueKey, payload: payload, runAt: time, period: period)
  }
}
