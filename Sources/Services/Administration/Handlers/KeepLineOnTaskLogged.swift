import Contracts
import Messaging
import Storage

/// What a task logs while it runs is kept for its owner.
struct KeepLineOnTaskLogged: Handler {
  let name = "administration.keep-line-on-task-logged"

  func handle(_ event: TaskLogged, _ work: UnitOfWork) throws -> Disposition {
    switch try UserTask.runner(of: event.id, in: work.database) {
    case .unknownTask: return .refused(reason: "there is no task \(event.id) here")
    case .nobodyYet:
      // The line is here before the update that its attempt began.
      guard var task = try UserTask.find(event.id, in: work.database), task.accepts(event.runner) else {
        return .ignored
      }
      try task.update(work.database)
    case .instance(let runner):
      guard runner == event.runner else { return .ignored }
    }
    return try TaskLine.keep(event, work) ? .handled : .ignored
  }
}
