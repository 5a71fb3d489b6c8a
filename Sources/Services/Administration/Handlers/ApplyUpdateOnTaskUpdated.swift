import Contracts
import Messaging
import Storage

/// What a worker says about a task is shown to its owner, only ever forward.
struct ApplyUpdateOnTaskUpdated: Handler {
  let name = "administration.apply-update-on-task-updated"

  func handle(_ event: TaskUpdated, _ work: UnitOfWork) throws -> Disposition {
    guard var task = try UserTask.find(event.id, in: work.database) else {
      return .refused(reason: "there is no task \(event.id) here")
    }
    guard task.apply(event) else { return .ignored }
    try task.update(work.database)
    try TaskChange.note(task, work)
    return .handled
  }
}
