import Contracts
import Messaging
import Storage

/// What a task logs while it runs is kept for its owner.
struct KeepLineOnTaskLogged: Handler {
  let name = "administration.keep-line-on-task-logged"

  func handle(_ event: TaskLogged, _ work: UnitOfWork) throws -> Disposition {
    guard var task = try UserTask.find(event.id, in: work.database) else {
      return .refused(reason: "there is no task \(event.id) here")
    }
    let isFirstWord = task.runner == nil
    guard task.accepts(event.runner) else { return .ignored }
    if isFirstWord { try task.update(work.database) }
    return try TaskLine.keep(event, work) ? .handled : .ignored
  }
}
