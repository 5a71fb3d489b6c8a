extension Parser {
  mutating func operation() throws(DocumentFault) -> Operation {
    let offset = current.offset
    if current.token == .mark("{") {
      return Operation(
        kind: .query, name: nil, variables: [], directives: [], selections: try selections(), offset: offset)
    }
    guard case .name(let keyword) = current.token else { throw unexpected("an operation") }
    guard let kind = Operation.Kind(rawValue: keyword) else { throw notAnOperation(keyword) }
    try advance()
    var name: String?
    if case .name(let own) = current.token {
      name = own
      try advance()
    }
    let variables =
      current.token == .mark("(")
      ? try many("(", ")") { parser throws(DocumentFault) in try parser.variable() } : []
    let directives = try directives(isConstant: false)
    return Operation(
      kind: kind, name: name, variables: variables, directives: directives, selections: try selections(),
      offset: offset)
  }

  private func notAnOperation(_ keyword: String) -> DocumentFault {
    switch keyword {
    case "fragment":
      DocumentFault("This server does not support fragments.", at: current.offset, .unsupported)
    case "schema", "scalar", "type", "interface", "union", "enum", "input", "directive", "extend":
      DocumentFault("Definitions of types cannot be executed.", at: current.offset, .validation)
    default:
      unexpected("an operation")
    }
  }

  private mutating func variable() throws(DocumentFault) -> VariableDefinition {
    let offset = current.offset
    try expect(.mark("$"))
    let name = try name("the name of a variable")
    try expect(.mark(":"))
    let type = try type()
    let standard = try take(.mark("=")) ? try literal(isConstant: true) : nil
    return VariableDefinition(
      name: name, type: type, standard: standard, directives: try directives(isConstant: true),
      offset: offset)
  }

  private mutating func type() throws(DocumentFault) -> TypeReference {
    var type: TypeReference
    if try take(.mark("[")) {
      let element = try nested { parser throws(DocumentFault) in try parser.type() }
      try expect(.mark("]"))
      type = .list(element)
    } else {
      type = .named(try name("a type"))
    }
    return try take(.mark("!")) ? .nonNull(type) : type
  }

  private mutating func selections() throws(DocumentFault) -> [Selection] {
    try nested { parser throws(DocumentFault) in
      try parser.many("{", "}") { parser throws(DocumentFault) in try parser.selection() }
    }
  }

  private mutating func selection() throws(DocumentFault) -> Selection {
    let offset = current.offset
    guard current.token != .spread else {
      throw DocumentFault("This server does not support fragments.", at: offset, .unsupported)
    }
    var name = try name("a field")
    var alias: String?
    if try take(.mark(":")) {
      alias = name
      name = try self.name("a field")
    }
    let arguments = try arguments(isConstant: false)
    let directives = try directives(isConstant: false)
    return Selection(
      alias: alias, name: name, arguments: arguments, directives: directives,
      selections: current.token == .mark("{") ? try selections() : nil, offset: offset)
  }
}
