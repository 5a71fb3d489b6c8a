import Contracts

/// The rules of workflows, by how they are broken.
enum WorkflowError: Error, Hashable {
  case nameIsEmpty
  case nameIsTooLong
  case unknownWorkflow(String)
  case unknownTask(String)
  case goesBack(from: TaskState, to: TaskState)
  /// The DELIVER task is done when the delivery is sent, and in no other way: that is how the two stay in step.
  case deliverIsDoneBySending
  case belongsToAnotherDelivery(DeliveryID)
  case deliveryIsTaken(DeliveryID, by: WorkflowID)
}
