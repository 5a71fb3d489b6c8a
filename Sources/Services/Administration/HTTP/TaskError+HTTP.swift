import HTTPAPI

extension TaskError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .kindIsEmpty, .kindIsTooLong: .invalid("/kind", sentence)
    case .inputIsTooLarge: .invalid("/input", sentence)
    case .unknownTask: .notFound(sentence)
    case .isOver: .conflict("task-is-over", title: "The task is over", detail: sentence)
    }
  }
}
