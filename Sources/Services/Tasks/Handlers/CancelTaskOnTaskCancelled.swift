import Contracts
import Jobs
import Messaging
import Storage

/// What is not wanted any more is not begun, or stopped. Every instance hears of it, because only the one that
/// took the task up can stop it.
struct CancelTaskOnTaskCancelled: Handler {
  let name = "tasks.cancel-on-task-cancelled"

  func handle(_ event: TaskCancelled, _ work: UnitOfWork) throws -> Disposition {
    guard var run = try TaskRun.find(event.id, in: work.database) else {
      // It may come yet, and must not be begun then.
      try TaskRun.cancelledBefore(event.id, of: event.userId, at: work.now).save(work.database)
      return .handled
    }
    guard let job = run.jobID else { return .ignored }
    switch try work.cancelJob(job) {
    case .cancelled:
      run.cancel(at: work.now)
      try work.tell(run)
      return .handled
    case .requested: return .handled
    case .tooLate, .unknown: return .ignored
    }
  }
}
