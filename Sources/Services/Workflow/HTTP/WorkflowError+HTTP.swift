import HTTPAPI

extension WorkflowError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .nameIsEmpty, .nameIsTooLong: .invalid("/name", sentence)
    case .unknownWorkflow, .unknownTask: .notFound(sentence)
    case .goesBack: .conflict("task-goes-back", title: "A task only moves forward", detail: sentence)
    case .deliverIsDoneBySending:
      .conflict("deliver-by-sending", title: "The delivery was not sent", detail: sentence)
    case .belongsToAnotherDelivery, .deliveryIsTaken:
      .conflict("linked-elsewhere", title: "The link exists already", detail: sentence)
    }
  }
}
