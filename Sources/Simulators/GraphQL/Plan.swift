/// What a request comes down to: calls, in their order.
struct Plan: Sendable {
  struct Step: Sendable {
    /// What the answer calls it.
    let key: String
    let field: String
    let call: Call
    /// What is asked of the result: names in the answer, and fields.
    let selections: [(key: String, field: String)]
    /// Where the document asks for it.
    let offset: Int
  }

  enum Call: Sendable {
    case createEvent(EventInput)
    case event(id: String)
    case eventCount
    case typename(String)
    /// Its arguments are such that it cannot be called.
    case failing(GraphQLError)
  }

  let steps: [Step]
  let document: String

  /// Of what goes wrong only: to count lines is not cheap.
  func location(of step: Step) -> Location { Location(offset: step.offset, in: document) }

  var inputs: [EventInput] {
    steps.compactMap { step in
      if case .createEvent(let input) = step.call { input } else { nil }
    }
  }
}

struct EventInput: Hashable, Sendable {
  let id: String
  let name: String
  let body: String
  let timestamp: String
  let brand: String

  /// - Parameter value: coerced to the input type of that name, so that nothing is missing.
  init(_ value: JSONValue) {
    func text(_ name: String) -> String { value[name]?.text ?? "" }
    id = text("id")
    name = text("name")
    body = text("body")
    timestamp = text("timestamp")
    brand = text("brand")
  }
}
