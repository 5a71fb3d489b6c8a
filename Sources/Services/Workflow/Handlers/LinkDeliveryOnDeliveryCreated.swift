import Contracts
import Messaging
import Storage

/// Story 1, on its way back: the workflow shows the delivery that was created for it.
struct LinkDeliveryOnDeliveryCreated: Handler {
  let name = "workflow.link-delivery"

  func handle(_ event: DeliveryCreated, _ work: UnitOfWork) throws -> Disposition {
    guard let workflowID = event.workflowId else { return .ignored }
    guard var workflow = try Workflow.find(workflowID, in: work.database) else {
      return .postponed(for: .seconds(1))
    }
    do {
      try Workflow.checkOwner(of: event.id, is: workflowID, in: work.database)
      guard try workflow.link(event.id, .new, at: work.now) else { return .ignored }
    } catch let error as WorkflowError {
      return .refused(reason: "workflow \(workflowID): \(error.sentence)")
    }
    try workflow.update(work.database)
    return .handled
  }
}
