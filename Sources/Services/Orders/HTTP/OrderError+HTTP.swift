import HTTPAPI

extension OrderError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .isNoReference(let field): .invalid("/\(field.rawValue)", sentence)
    case .unknownOrder: .notFound(sentence)
    case .isOver: .conflict("order-is-over", title: "The order is over", detail: sentence)
    }
  }
}
