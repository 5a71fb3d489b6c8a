import Contracts
import Jobs
import Messaging
import Storage

/// A task that a user wants done becomes a job, in the transaction that remembers the event.
struct RunTaskOnTaskCreated: Handler {
  let name = "tasks.run-on-task-created"

  func handle(_ event: TaskCreated, _ work: UnitOfWork) throws -> Disposition {
    if var run = try TaskRun.find(event.id, in: work.database) {
      guard run.isCancelled, run.sequence == 0 else { return .ignored }
      // The cancellation was here first.
      run.cancel(at: work.now)
      try work.tell(run)
      return .handled
    }
    let job = try work.enqueue(RunTask(task: event.id, user: event.userId, input: event.input))
    try TaskRun.waiting(event.id, of: event.userId, job: job.id, at: work.now).save(work.database)
    return .handled
  }
}
