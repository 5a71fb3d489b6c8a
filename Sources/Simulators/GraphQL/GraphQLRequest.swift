/// What a client sends: a document, and the values of its variables (GraphQL over HTTP).
struct GraphQLRequest {
  let query: String
  let variables: [String: JSONValue]
  let operationName: String?

  /// - Throws: a sentence about the parameter that is missing or of another kind.
  init(_ json: JSONValue) throws(MalformedRequest) {
    guard case .object = json else { throw MalformedRequest("A GraphQL request is a JSON object.") }
    guard let query = json["query"]?.text else { throw MalformedRequest("\"query\" must be a string.") }
    self.query = query
    switch json["variables"] ?? .null {
    case .null: variables = [:]
    case .object(let members): variables = Dictionary(members.map { ($0.name, $0.value) }) { $1 }
    default: throw MalformedRequest("\"variables\" must be an object.")
    }
    switch json["operationName"] ?? .null {
    case .null: operationName = nil
    case .string(let name): operationName = name
    default: throw MalformedRequest("\"operationName\" must be a string.")
    }
    switch json["extensions"] ?? .null {
    case .null, .object: break
    default: throw MalformedRequest("\"extensions\" must be an object.")
    }
  }
}

struct MalformedRequest: Error, Hashable {
  let message: String

  init(_ message: String) { self.message = message }
}
