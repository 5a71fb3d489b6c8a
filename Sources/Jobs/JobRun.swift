import GRDB
public import Storage

/// One run of a job.
public struct JobRun: Hashable, Sendable {
  public let jobID: String
  /// Counts from 1. A run that was interrupted by the end of the process is the same attempt again.
  public let attempt: Int
  /// Counts every time the job was taken up.
  let number: Int

  /// Makes sure that this run is still the one that counts, before it writes what it has done so far.
  ///
  ///     try await store.write { work in
  ///       try run.confirm(work)
  ///       …
  ///     }
  ///
  /// - Throws: `CancellationError` when the job was ended or given back without waiting for this run.
  public func confirm(_ work: UnitOfWork) throws {
    if try isCancellationRequested(work) == nil { throw CancellationError() }
  }

  /// - Returns: nil when this run is not the one that counts any more.
  func isCancellationRequested(_ work: UnitOfWork) throws -> Bool? {
    let select = try work.database.cachedStatement(
      sql: "SELECT cancel_requested FROM jobs WHERE id = ? AND run = ? AND state = 'running'")
    return try Bool.fetchOne(select, arguments: [jobID, number])
  }
}

/// How a run ended.
public enum JobOutcome<Output: Sendable>: Sendable {
  case succeeded(Output)
  case retried(at: Timestamp, reason: String)
  case dead(reason: String)
  case cancelled
}
