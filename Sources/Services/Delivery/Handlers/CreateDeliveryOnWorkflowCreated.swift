import Contracts
import Messaging
import Storage

/// Story 1: creating a workflow creates a delivery.
struct CreateDeliveryOnWorkflowCreated: Handler {
  let name = "delivery.create-on-workflow-created"

  func handle(_ event: WorkflowCreated, _ work: UnitOfWork) throws -> Disposition {
    guard try Delivery.find(of: event.id, in: work.database) == nil else { return .ignored }
    let delivery: Delivery
    do {
      delivery = try Delivery.create(.new(at: work.now), named: event.name, for: event.id, at: work.now)
    } catch {
      return .refused(reason: "workflow \(event.id): \(error.sentence)")
    }
    try delivery.insert(work.database)
    try work.publish(delivery.created)
    return .handled
  }
}
