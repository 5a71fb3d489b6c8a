/// An entry of the `errors` of a GraphQL response.
struct GraphQLError: Error, Hashable, Sendable {
  /// What a program may tell errors apart by: `extensions.code`.
  enum Code: String, Sendable {
    case syntax = "GRAPHQL_PARSE_FAILED"
    case validation = "GRAPHQL_VALIDATION_FAILED"
    case unsupported = "UNSUPPORTED"
    case operation = "OPERATION_RESOLUTION_FAILURE"
    case input = "BAD_USER_INPUT"
    /// The event is refused whenever it comes.
    case refused = "EVENT_REFUSED"
    /// The event failed this time.
    case failed = "EVENT_FAILED"
  }

  let message: String
  let code: Code
  var locations: [Location] = []
  /// The response key of the field that failed; nil when the request as a whole did.
  var path: String?

  var json: JSONValue {
    var members = [JSONValue.Member(name: "message", value: .string(message))]
    if !locations.isEmpty {
      members.append(.init(name: "locations", value: .list(locations.map(\.json))))
    }
    if let path { members.append(.init(name: "path", value: [.string(path)])) }
    members.append(.init(name: "extensions", value: ["code": .string(code.rawValue)]))
    return .object(members)
  }
}

/// What is wrong with a document, and at which byte of it.
struct DocumentFault: Error, Hashable {
  let message: String
  let offset: Int
  let code: GraphQLError.Code

  init(_ message: String, at offset: Int, _ code: GraphQLError.Code = .validation) {
    self.message = message
    self.offset = offset
    self.code = code
  }

  func error(in text: String) -> GraphQLError {
    GraphQLError(message: message, code: code, locations: [Location(offset: offset, in: text)])
  }
}

/// A place in a document as people count: from line 1 and column 1.
struct Location: Hashable, Sendable {
  var line = 1
  var column = 1

  /// A line ends with LF, CR, or both; a column is a character of Unicode, not a byte.
  init(offset: Int, in text: String) {
    var last: UInt8 = 0
    for byte in text.utf8.prefix(offset) {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        let endsTheSameLine = byte == UInt8(ascii: "\n") && last == UInt8(ascii: "\r")
        if !endsTheSameLine { line += 1 }
        column = 1
      } else if byte & 0b1100_0000 != 0b1000_0000 {
        column += 1
      }
      last = byte
    }
  }

  var json: JSONValue { ["line": .integer(line), "column": .integer(column)] }
}
