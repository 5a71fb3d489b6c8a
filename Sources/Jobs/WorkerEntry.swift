import Foundation
import GRDB
import Logging
import Messaging
import Storage

/// A worker whose kind of job is known by name only.
struct WorkerEntry: Sendable {
  let kind: String
  let concurrency: Int
  let cancellationDeadline: Duration
  /// In the transaction that takes the job up.
  let begin: @Sendable (ClaimedJob, UnitOfWork) throws -> Void
  /// Does the work; the answer ends the run, in a transaction.
  let perform: @Sendable (ClaimedJob) async -> @Sendable (UnitOfWork) throws -> Void
  /// Ends a run whose worker did not notice in time that it was cancelled.
  let abandon: @Sendable (ClaimedJob, UnitOfWork) throws -> Void

  init(_ worker: some JobWorker) {
    self.init(opening: worker)
  }

  private init<Opened: JobWorker>(opening worker: Opened) {
    kind = Opened.Work.kind
    concurrency = worker.concurrency
    cancellationDeadline = worker.cancellationDeadline
    begin = { claimed, work in
      // A payload that cannot be read is found out by `perform`, which ends the run.
      guard let job = try? claimed.decode(Opened.Work.self) else { return }
      try worker.begin(job, claimed.run, work.on(behalfOf: claimed.context))
    }
    perform = { claimed in
      let job: Opened.Work
      do {
        job = try claimed.decode(Opened.Work.self)
      } catch {
        return { work in try claimed.die(reason: "its content cannot be read: \(error)", work) }
      }
      let result: Result<Opened.Output, any Error>
      do {
        result = .success(try await worker.perform(job, claimed.run))
      } catch {
        result = .failure(error)
      }
      let wasCancelled = Task.isCancelled
      return { work in
        let own = work.on(behalfOf: claimed.context)
        guard try claimed.isStillRunning(work) else { return }
        if wasCancelled, case .failure = result, try !claimed.isToBeCancelled(work) {
          try claimed.release(work)
          return
        }
        let outcome = try claimed.end(result, wasCancelled: wasCancelled, worker.policy, own)
        try worker.settle(job, claimed.run, outcome, own)
      }
    }
    abandon = { claimed, work in
      guard try claimed.isStillRunning(work) else { return }
      try claimed.finish(.cancelled, error: "cancelled; its worker did not stop in time", work)
      guard let job = try? claimed.decode(Opened.Work.self) else { return }
      try worker.settle(job, claimed.run, .cancelled, work.on(behalfOf: claimed.context))
    }
  }
}

extension ClaimedJob {
  var run: JobRun { JobRun(jobID: id, attempt: attempt) }

  func decode<Work: Job>(_ type: Work.Type) throws -> Work {
    try JobCoding.decoder.decode(type, from: payload)
  }

  /// False when the run was ended meanwhile by somebody else: its outcome is then of no interest.
  func isStillRunning(_ work: UnitOfWork) throws -> Bool {
    let select = try work.database.cachedStatement(
      sql: "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ? AND state = 'running')")
    return try Bool.fetchOne(select, arguments: [id]) ?? false
  }

  func finish(_ state: JobState, error: String?, _ work: UnitOfWork) throws {
    try work.database.cachedStatement(
      sql: "UPDATE jobs SET state = ?, last_error = coalesce(?, last_error), finished_at = ? WHERE id = ?"
    ).execute(arguments: [state.rawValue, error, work.now, id])
    work.raiseOnCommit(.finished)
    work.raiseOnCommit(.jobs)
  }

  func die(reason: String, _ work: UnitOfWork) throws {
    try finish(.dead, error: reason, work)
    try DeadLetters.bury(
      job: id, kind: kind, payload: payload, reason: reason, attempts: attempt, work.on(behalfOf: context))
  }

  /// Writes how the run ended and says what that means.
  func end<Output>(
    _ result: Result<Output, any Error>, wasCancelled: Bool, _ policy: RetryPolicy, _ work: UnitOfWork
  ) throws -> JobOutcome<Output> {
    let error: any Error
    switch result {
    case .success(let output):
      try finish(.succeeded, error: nil, work)
      return .succeeded(output)
    case .failure(let thrown): error = thrown
    }
    if wasCancelled {
      try finish(.cancelled, error: nil, work)
      return .cancelled
    }
    switch error as? JobFailure {
    case .permanent(let reason):
      try die(reason: reason, work)
      return .dead(reason: reason)
    case .throttled(let delay, let reason):
      return try retry(after: delay, reason: reason, countsAttempt: false, work)
    case .transient(let reason):
      return try retryOrDie(reason, policy, work)
    case nil:
      return try retryOrDie("\(error)", policy, work)
    }
  }

  private func retryOrDie<Output>(
    _ reason: String, _ policy: RetryPolicy, _ work: UnitOfWork
  ) throws -> JobOutcome<Output> {
    guard attempt < policy.attempts else {
      try die(reason: reason, work)
      return .dead(reason: reason)
    }
    return try retry(
      after: policy.delay(afterAttempt: attempt), reason: reason, countsAttempt: true, work)
  }

  private func retry<Output>(
    after delay: Duration, reason: String, countsAttempt: Bool, _ work: UnitOfWork
  ) throws -> JobOutcome<Output> {
    let due = work.now + delay
    try work.database.cachedStatement(
      sql: """
        UPDATE jobs SET state = 'waiting', run_at = ?, last_error = ?, attempt = attempt - ? WHERE id = ?
        """
    ).execute(arguments: [due, reason, countsAttempt ? 0 : 1, id])
    work.raiseOnCommit(.jobs)
    return .retried(at: due, reason: reason)
  }

  /// Gives the job back when the program stops: the next run is the same attempt again.
  func release(_ work: UnitOfWork) throws {
    try work.database.cachedStatement(
      sql: "UPDATE jobs SET state = 'waiting', interrupted = 1, run_at = ? WHERE id = ?"
    ).execute(arguments: [work.now, id])
  }

  /// How often a process ended in the middle of this job.
  func interruptions(_ work: UnitOfWork) throws -> Int {
    let select = try work.database.cachedStatement(sql: "SELECT interruptions FROM jobs WHERE id = ?")
    return try Int.fetchOne(select, arguments: [id]) ?? 0
  }

  /// Whether somebody asked for it, as opposed to the program being stopped.
  func isToBeCancelled(_ work: UnitOfWork) throws -> Bool {
    let select = try work.database.cachedStatement(sql: "SELECT cancel_requested FROM jobs WHERE id = ?")
    return try Bool.fetchOne(select, arguments: [id]) ?? false
  }
}
