extension DeliveryError {
  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .nameIsEmpty: "must not be empty"
    case .nameIsTooLong: "must not be longer than \(Delivery.longestName) characters"
    case .unknownDelivery(let id): "There is no delivery \(id)."
    case .noWorkflowID: "must be the id of a workflow: 1 to \(Delivery.longestWorkflowID) characters"
    case .alreadyDelivered: "It is DELIVERED; a delivery does not go back to NEW."
    case .belongsToAnotherWorkflow(let id): "It already belongs to workflow \(id)."
    case .workflowHasAnotherDelivery(let id): "That workflow already has delivery \(id)."
    }
  }
}
