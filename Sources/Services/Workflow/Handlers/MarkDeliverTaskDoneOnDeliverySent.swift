import Contracts
import Messaging
import Storage

/// Story 2: sending the delivery marks the workflow's DELIVER task done.
struct MarkDeliverTaskDoneOnDeliverySent: Handler {
  let name = "workflow.mark-deliver-task-done"

  func handle(_ event: DeliverySent, _ work: UnitOfWork) throws -> Disposition {
    guard let workflowID = event.workflowId else { return .ignored }
    guard var workflow = try Workflow.find(workflowID, in: work.database),
      var task = try WorkflowTask.find(.deliver, of: workflowID, in: work.database)
    else { return .postponed(for: .seconds(1)) }

    let linked: Bool
    let moved: Bool
    do {
      try Workflow.checkOwner(of: event.id, is: workflowID, in: work.database)
      linked = try workflow.link(event.id, .delivered, at: work.now)
      moved = try task.move(to: .done, at: work.now)
    } catch let error as WorkflowError {
      return .refused(reason: "workflow \(workflowID): \(error.sentence)")
    }
    guard linked || moved else { return .ignored }

    workflow.touch(at: work.now)
    try workflow.update(work.database)
    if moved {
      try task.update(work.database)
      try work.publish(task.updated)
    }
    return .handled
  }
}
