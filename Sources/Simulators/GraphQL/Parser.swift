/// Reads executable documents (GraphQL specification, October 2021, section 2).
///
/// Operations, variables with defaults, arguments, every kind of value, aliases and directives. Fragments are
/// refused: nobody needs them for a schema that is two fields deep.
struct Parser {
  static let mostTokens = 100_000
  static let deepest = 50

  private var lexer: Lexer
  private(set) var current: PlacedToken
  private var tokens = 0
  private var depth = 0

  static func parse(_ text: String) throws(DocumentFault) -> Document {
    var parser = try Parser(text)
    return try parser.document()
  }

  private init(_ text: String) throws(DocumentFault) {
    lexer = Lexer(text)
    current = try lexer.next()
  }

  mutating func advance() throws(DocumentFault) {
    tokens += 1
    guard tokens <= Self.mostTokens else {
      throw DocumentFault(
        "The document has more than \(Self.mostTokens) tokens.", at: current.offset, .unsupported)
    }
    current = try lexer.next()
  }

  func unexpected(_ expected: String) -> DocumentFault {
    DocumentFault("Expected \(expected), found \(current.token).", at: current.offset, .syntax)
  }

  mutating func take(_ token: Token) throws(DocumentFault) -> Bool {
    guard current.token == token else { return false }
    try advance()
    return true
  }

  mutating func expect(_ token: Token) throws(DocumentFault) {
    guard try take(token) else { throw unexpected("\(token)") }
  }

  mutating func name(_ what: String) throws(DocumentFault) -> String {
    guard case .name(let name) = current.token else { throw unexpected(what) }
    try advance()
    return name
  }

  /// Reads what may hold itself, but not deeper than a stack allows.
  mutating func nested<Part>(
    _ read: (inout Parser) throws(DocumentFault) -> Part
  ) throws(DocumentFault) -> Part {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else {
      throw DocumentFault(
        "The document is nested more than \(Self.deepest) deep.", at: current.offset, .unsupported)
    }
    return try read(&self)
  }

  /// One or more parts between two marks.
  mutating func many<Part>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    _ read: (inout Parser) throws(DocumentFault) -> Part
  ) throws(DocumentFault) -> [Part] {
    try expect(.mark(open))
    var parts: [Part] = []
    repeat { parts.append(try read(&self)) } while try !take(.mark(close))
    return parts
  }

  private mutating func document() throws(DocumentFault) -> Document {
    var operations: [Operation] = []
    repeat { operations.append(try operation()) } while current.token != .end
    return Document(operations: operations)
  }
}
