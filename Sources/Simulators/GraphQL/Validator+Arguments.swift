extension Validator {
  mutating func refuse(_ directive: Directive, on place: String) {
    for argument in directive.arguments { check(argument.value, against: nil) }
    add("The directive @\(directive.name) has no meaning on \(place).", at: directive.offset)
  }

  /// The directives of a field.
  mutating func check(_ directives: [Directive]) {
    var seen: Set<String> = []
    for directive in directives {
      guard ["skip", "include"].contains(directive.name) else {
        refuse(directive, on: "a field")
        continue
      }
      if !seen.insert(directive.name).inserted {
        add("The directive @\(directive.name) is there twice.", at: directive.offset)
      }
      check(
        directive.arguments, against: Schema.condition, of: "the directive @\(directive.name)",
        at: directive.offset)
    }
  }

  /// - Parameter inputs: what there is to give; nil where that is unknown.
  mutating func check(
    _ arguments: [Argument], against inputs: [Schema.Input]?, of owner: String, at offset: Int
  ) {
    var seen: Set<String> = []
    for argument in arguments {
      if !seen.insert(argument.name).inserted {
        add("The argument \"\(argument.name)\" is there twice.", at: argument.offset)
      }
      let input = inputs?.first { $0.name == argument.name }
      if inputs != nil, input == nil {
        add("There is no argument \"\(argument.name)\" of \(owner).", at: argument.offset)
      }
      check(argument.value, against: input?.type)
    }
    for input in inputs ?? [] where input.type.isNonNull && !seen.contains(input.name) {
      add("The argument \"\(input.name)\" of type \(input.type) of \(owner) is missing.", at: offset)
    }
  }

  /// - Parameter type: what the place takes; nil where that is unknown.
  mutating func check(_ value: Literal, against type: TypeReference?) {
    switch (value.content, type) {
    case (.variable(let name), _):
      uses.append(VariableUse(name: name, type: type, offset: value.offset))
    case (.null, .nonNull(let type)):
      add("A value of type \(type)! cannot be null.", at: value.offset)
    case (_, .nonNull(let type)):
      check(value, against: type)
    case (.null, _):
      break
    case (.list(let elements), .list(let type)):
      for element in elements { check(element, against: type) }
    case (_, .list(let type)):
      check(value, against: type)
    case (.list(let elements), _):
      for element in elements { check(element, against: nil) }
      if let type { add("A value of type \(type) cannot be a list.", at: value.offset) }
    case (.object(let fields), _):
      check(fields, of: type, at: value.offset)
    case (let content, .named(let name)?):
      if !content.isLiteral(of: name) {
        add("A value of type \(name) cannot be written so.", at: value.offset)
      }
    case (_, nil):
      break
    }
  }

  private mutating func check(_ fields: [Literal.Field], of type: TypeReference?, at offset: Int) {
    let inputs = type.flatMap { schema.inputs[$0.innermost] }
    if let type, inputs == nil { add("A value of type \(type) cannot be an object.", at: offset) }
    var seen: Set<String> = []
    for field in fields {
      if !seen.insert(field.name).inserted {
        add("The field \"\(field.name)\" is there twice.", at: field.value.offset)
      }
      let input = inputs?.first { $0.name == field.name }
      if let type, inputs != nil, input == nil {
        add("The type \(type) has no field \"\(field.name)\".", at: field.value.offset)
      }
      check(field.value, against: input?.type)
    }
    for input in inputs ?? [] where input.type.isNonNull && !seen.contains(input.name) {
      add("The field \"\(input.name)\" of type \(input.type) is missing.", at: offset)
    }
  }
}

extension Literal.Content {
  /// Whether this, which is no list and no object, is how a value of the type `name` is written.
  fileprivate func isLiteral(of name: String) -> Bool {
    switch (self, name) {
    case (.string, "String"), (.string, "ID"), (.integer, "ID"), (.boolean, "Boolean"): true
    case (.integer(let digits), "Int"): Int32(digits) != nil
    case (.integer(let digits), "Float"), (.float(let digits), "Float"): Double(digits)?.isFinite == true
    default: false
    }
  }
}
