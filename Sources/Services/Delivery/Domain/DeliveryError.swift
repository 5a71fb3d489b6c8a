import Contracts

/// The rules of deliveries, by how they are broken.
enum DeliveryError: Error, Hashable {
  case nameIsEmpty
  case nameIsTooLong
  case unknownDelivery(String)
  /// Empty, or too long to be the id of anything.
  case noWorkflowID
  case alreadyDelivered
  case belongsToAnotherWorkflow(WorkflowID)
  case workflowHasAnotherDelivery(DeliveryID)
}
