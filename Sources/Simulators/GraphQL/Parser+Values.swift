extension Parser {
  mutating func directives(isConstant: Bool) throws(DocumentFault) -> [Directive] {
    var directives: [Directive] = []
    while current.token == .mark("@") {
      let offset = current.offset
      try advance()
      let name = try name("the name of a directive")
      directives.append(
        Directive(name: name, arguments: try arguments(isConstant: isConstant), offset: offset))
    }
    return directives
  }

  mutating func arguments(isConstant: Bool) throws(DocumentFault) -> [Argument] {
    guard current.token == .mark("(") else { return [] }
    return try many("(", ")") { parser throws(DocumentFault) in
      let offset = parser.current.offset
      let name = try parser.name("the name of an argument")
      try parser.expect(.mark(":"))
      return Argument(name: name, value: try parser.literal(isConstant: isConstant), offset: offset)
    }
  }

  /// - Parameter isConstant: a default value may not depend on variables.
  mutating func literal(isConstant: Bool) throws(DocumentFault) -> Literal {
    let offset = current.offset
    let content: Literal.Content
    switch current.token {
    case .mark("$") where !isConstant:
      try advance()
      return Literal(content: .variable(try name("the name of a variable")), offset: offset)
    case .mark("["):
      content = .list(try nested { parser throws(DocumentFault) in try parser.elements(isConstant) })
      return Literal(content: content, offset: offset)
    case .mark("{"):
      content = .object(try nested { parser throws(DocumentFault) in try parser.fields(isConstant) })
      return Literal(content: content, offset: offset)
    case .integer(let digits): content = .integer(digits)
    case .float(let digits): content = .float(digits)
    case .string(let text): content = .string(text)
    case .name("true"): content = .boolean(true)
    case .name("false"): content = .boolean(false)
    case .name("null"): content = .null
    case .name(let name): content = .enumeration(name)
    default: throw unexpected(isConstant ? "a value without variables" : "a value")
    }
    try advance()
    return Literal(content: content, offset: offset)
  }

  private mutating func elements(_ isConstant: Bool) throws(DocumentFault) -> [Literal] {
    try expect(.mark("["))
    var elements: [Literal] = []
    while try !take(.mark("]")) { elements.append(try literal(isConstant: isConstant)) }
    return elements
  }

  private mutating func fields(_ isConstant: Bool) throws(DocumentFault) -> [Literal.Field] {
    try expect(.mark("{"))
    var fields: [Literal.Field] = []
    while try !take(.mark("}")) {
      let name = try name("the name of a field")
      try expect(.mark(":"))
      fields.append(Literal.Field(name: name, value: try literal(isConstant: isConstant)))
    }
    return fields
  }
}
