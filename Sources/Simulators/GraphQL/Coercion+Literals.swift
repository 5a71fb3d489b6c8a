extension Coercion {
  /// The value of each argument that is given, by name.
  func arguments(_ given: [Argument], _ inputs: [Schema.Input]) throws(Fault) -> [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    for argument in given {
      guard let input = inputs.first(where: { $0.name == argument.name }) else { continue }
      values[argument.name] = try resolve(argument.value, to: input.type)
    }
    for input in inputs where input.type.isNonNull && values[input.name] == nil {
      throw Fault(message: "The argument \"\(input.name)\" of type \(input.type) is missing.")
    }
    return values
  }

  /// The value of a literal in a valid document; nil when it is a variable that was not given.
  func resolve(_ literal: Literal, to type: TypeReference) throws(Fault) -> JSONValue? {
    let value: JSONValue
    switch (literal.content, type) {
    case (.variable(let name), _):
      guard let given = variables[name] else { return nil }
      if given == .null, type.isNonNull {
        throw Fault(
          message: "The variable $\(name) is null where \(type) is expected.", offset: literal.offset)
      }
      return given
    case (_, .nonNull(let type)): return try resolve(literal, to: type)
    case (.null, _): return .null
    case (.list(let elements), .list(let type)):
      var values: [JSONValue] = []
      for element in elements {
        let value = try resolve(element, to: type) ?? .null
        values.append(try checked(value, type, element))
      }
      return .list(values)
    case (_, .list(let type)): return .list([try resolve(literal, to: type) ?? .null])
    case (.list, _): throw Fault(message: "A list stands where \(type) is expected.", offset: literal.offset)
    case (.object(let fields), _):
      let inputs = schema.inputs[type.innermost] ?? []
      var members: [JSONValue.Member] = []
      for field in fields {
        guard let input = inputs.first(where: { $0.name == field.name }),
          let value = try resolve(field.value, to: input.type)
        else { continue }
        members.append(.init(name: field.name, value: value))
      }
      value = .object(members)
    case (.integer(let digits), .named("ID")), (.string(let digits), _): value = .string(digits)
    case (.integer(let digits), .named("Int")): value = .integer(Int(digits) ?? 0)
    case (.integer(let digits), _), (.float(let digits), _): value = .number(Double(digits) ?? 0)
    case (.boolean(let boolean), _): value = .boolean(boolean)
    case (.enumeration(let name), _): value = .string(name)
    }
    return try checked(value, type, literal)
  }

  private func checked(_ value: JSONValue, _ type: TypeReference, _ literal: Literal) throws(Fault)
    -> JSONValue
  {
    do {
      return try coerce(value, to: type)
    } catch {
      throw Fault(message: "A value is refused: \(error.message)", offset: literal.offset)
    }
  }
}
