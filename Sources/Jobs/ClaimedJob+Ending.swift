import Foundation
import GRDB
import Messaging
import ServiceContextModule
import Storage

// How a run ends: the row and what the worker writes about it, in one transaction.

extension ClaimedJob {
  func decode<Work: Job>(_ type: Work.Type) throws -> Work {
    try JobCoding.decoder.decode(type, from: payload)
  }

  func unreadable(_ error: any Error) -> Ending {
    ending { work in try die("its content cannot be read: \(error)", work.on(behalfOf: context)) }
  }

  /// Ends the run without asking its worker, whose `settle` fails.
  func unsettled(_ error: any Error) -> Ending {
    ending { work in try die("its outcome could not be settled: \(error)", work.on(behalfOf: context)) }
  }

  private func ending(_ end: @escaping @Sendable (UnitOfWork) throws -> Ended) -> Ending {
    { work in try run.isCancellationRequested(work) == nil ? .outrun : try end(work) }
  }

  /// - Parameter wasStopped: the run was cancelled, be it for good or because the program stops; the row tells.
  func ending<Worker: JobWorker>(
    _ job: Worker.Work, _ result: Result<Worker.Output, any Error>, wasStopped: Bool, _ worker: Worker,
    _ context: ServiceContext
  ) -> Ending {
    { work in
      let own = work.on(behalfOf: context)
      guard let isCancelled = try run.isCancellationRequested(own) else { return .outrun }
      let outcome: JobOutcome<Worker.Output>
      let ended: Ended
      switch result {
      case .success(let output):
        // Done is done, also when nobody wants it any more.
        try own.endJob(seq, as: .succeeded, error: nil)
        (outcome, ended) = (.succeeded(output), .succeeded)
      case .failure where isCancelled:
        try own.endJob(seq, as: .cancelled, error: nil)
        (outcome, ended) = (.cancelled, .cancelled)
      case .failure where wasStopped:
        try release(own)
        return .released
      case .failure(let error):
        switch try retry(after: error, worker.policy, own) {
        case .again(let due, let reason): (outcome, ended) = (.retried(at: due, reason: reason), .retried)
        case .never(let reason): (outcome, ended) = (.dead(reason: reason), .dead(reason: reason))
        }
      }
      try worker.settle(job, run, outcome, own)
      return ended
    }
  }

  private enum Verdict {
    case again(Timestamp, reason: String)
    case never(reason: String)
  }

  private func retry(after error: any Error, _ policy: RetryPolicy, _ work: UnitOfWork) throws -> Verdict {
    let reason: String
    switch error as? JobFailure {
    case .permanent(let why):
      _ = try die(why, work)
      return .never(reason: why)
    case .throttled(let delay, let why):
      return .again(try wait(delay, why, attempt: run.attempt - 1, work), reason: why)
    case .transient(let why): reason = why
    case nil: reason = "\(error)"
    }
    guard run.attempt < policy.attempts else {
      _ = try die(reason, work)
      return .never(reason: reason)
    }
    let delay = policy.delay(afterAttempt: run.attempt)
    return .again(try wait(delay, reason, attempt: run.attempt, work), reason: reason)
  }

  private func wait(
    _ delay: Duration, _ reason: String, attempt: Int, _ work: UnitOfWork
  ) throws -> Timestamp {
    let due = work.now + delay
    try work.database.cachedStatement(
      sql: """
        UPDATE jobs SET state = 'waiting', run_at = ?, last_error = ?, attempt = ?, interruptions = 0
        WHERE seq = ?
        """
    ).execute(arguments: [due, reason, attempt, seq])
    work.raiseOnCommit(.jobs)
    return due
  }

  private func die(_ reason: String, _ work: UnitOfWork) throws -> Ended {
    try work.endJob(seq, as: .dead, error: reason)
    try DeadLetters.bury(
      job: id, kind: kind, payload: payload, reason: reason, attempts: run.attempt, work)
    return .dead(reason: reason)
  }

  /// Gives the job back: the next run is the same attempt again.
  private func release(_ work: UnitOfWork) throws {
    try work.database.cachedStatement(
      sql: "UPDATE jobs SET state = 'waiting', interrupted = 1 WHERE seq = ?"
    ).execute(arguments: [seq])
    work.raiseOnCommit(.jobs)
  }
}
