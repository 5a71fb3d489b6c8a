import Contracts

extension WorkflowError {
  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .nameIsEmpty: "must not be empty"
    case .nameIsTooLong: "must not be longer than \(Workflow.longestName) characters"
    case .unknownWorkflow(let id): "There is no workflow \(id)."
    case .unknownTask(let name): "A workflow has the tasks PREPARE, REVIEW and DELIVER, and no \(name)."
    case .goesBack(let from, let to):
      "A task that is \(from.rawValue) does not go back to \(to.rawValue)."
    case .deliverIsDoneBySending:
      "DELIVER is done when the workflow's delivery is sent: PUT {\"state\":\"DELIVERED\"} on the delivery."
    case .belongsToAnotherDelivery(let id): "It already belongs to delivery \(id)."
    case .deliveryIsTaken(let id, let owner): "Delivery \(id) belongs to workflow \(owner)."
    }
  }
}
