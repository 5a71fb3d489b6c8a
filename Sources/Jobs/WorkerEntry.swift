import Foundation
import Messaging
import ServiceContextModule
import Storage

/// Ends a run, in a transaction.
typealias Ending = @Sendable (UnitOfWork) throws -> Ended

/// How a run ended, for whoever watches.
enum Ended: Sendable {
  case succeeded, retried, cancelled
  case dead(reason: String)
  /// Given back, because the program stops.
  case released
  /// Somebody else had ended it: what it did is of no interest.
  case outrun

  var name: String {
    switch self {
    case .succeeded: "succeeded"
    case .retried: "retried"
    case .cancelled: "cancelled"
    case .dead: "dead"
    case .released: "released"
    case .outrun: "outrun"
    }
  }
}

/// A worker whose kind of job is known by name only.
struct WorkerEntry: Sendable {
  let kind: String
  let concurrency: Int
  let cancellationDeadline: Duration
  let mostInterruptions: Int
  /// In the transaction that takes the job up.
  let begin: @Sendable (ClaimedJob, UnitOfWork) throws -> Void
  /// Does the work.
  let perform: @Sendable (ClaimedJob) async -> Ending
  /// Ends a run with an error that did not come out of the work; or because it was stopped.
  let fail: @Sendable (ClaimedJob, _ error: any Error, _ wasStopped: Bool) -> Ending

  init(_ worker: some JobWorker) {
    self.init(opening: worker)
  }

  private init<Opened: JobWorker>(opening worker: Opened) {
    kind = Opened.Work.kind
    concurrency = max(worker.concurrency, 1)
    cancellationDeadline = worker.cancellationDeadline
    mostInterruptions = worker.mostInterruptions
    begin = { claimed, work in
      // Content that cannot be read is found out by `perform`, which ends the run.
      guard let job = try? claimed.decode(Opened.Work.self) else { return }
      try worker.begin(job, claimed.run, work.on(behalfOf: claimed.context))
    }
    perform = { claimed in
      let job: Opened.Work
      do {
        job = try claimed.decode(Opened.Work.self)
      } catch {
        return claimed.unreadable(error)
      }
      let result: Result<Opened.Output, any Error>
      do {
        result = .success(try await worker.perform(job, claimed.run))
      } catch {
        result = .failure(error)
      }
      let context = ServiceContext.current ?? claimed.context
      return claimed.ending(job, result, wasStopped: Task.isCancelled, worker, context)
    }
    fail = { claimed, error, wasStopped in
      do {
        let job = try claimed.decode(Opened.Work.self)
        return claimed.ending(job, .failure(error), wasStopped: wasStopped, worker, claimed.context)
      } catch {
        return claimed.unreadable(error)
      }
    }
  }
}
