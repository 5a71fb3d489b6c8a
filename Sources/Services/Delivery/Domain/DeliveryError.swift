import Contracts

/// The rules of deliveries, by how they are broken.
enum DeliveryError: Error, Hashable {
  case nameIsEmpty
  case nameIsTooLong
  case unknownDelivery(String)
  case alreadyDelivered
  case belongsToAnotherWorkflow(WorkflowID)
  case workflowHasAnotherDelivery(DeliveryID)
}
