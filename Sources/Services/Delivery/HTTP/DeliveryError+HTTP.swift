import HTTPAPI

extension DeliveryError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .nameIsEmpty, .nameIsTooLong: .invalid("/name", sentence)
    case .noWorkflowID: .invalid("/workflowId", sentence)
    case .unknownDelivery: .notFound(sentence)
    case .alreadyDelivered:
      .conflict("already-delivered", title: "The delivery was sent", detail: sentence)
    case .belongsToAnotherWorkflow, .workflowHasAnotherDelivery:
      .conflict("linked-elsewhere", title: "The link exists already", detail: sentence)
    }
  }
}
