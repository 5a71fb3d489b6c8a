/// Turns given values into what a schema's types say they are (GraphQL specification, October 2021, section 6).
struct Coercion {
  let schema: Schema
  /// The values of the variables, already coerced.
  var variables: [String: JSONValue] = [:]

  struct Fault: Error {
    let message: String
    /// Of the literal; nil for a value out of a variable.
    var offset: Int?
  }

  /// The values of an operation's variables, from what the client sent with it.
  mutating func takeVariables(_ definitions: [VariableDefinition], _ given: [String: JSONValue]) throws(Fault)
  {
    for definition in definitions {
      let name = definition.name
      do throws(Fault) {
        if let value = given[name] {
          variables[name] = try coerce(value, to: definition.type)
        } else if let standard = definition.standard {
          variables[name] = try resolve(standard, to: definition.type)
        } else if definition.type.isNonNull {
          throw Fault(message: "a value of type \(definition.type) is missing.")
        }
      } catch {
        throw Fault(message: "The variable $\(name) is refused: \(error.message)", offset: definition.offset)
      }
    }
  }

  /// - Parameter place: where in the value, for the message.
  func coerce(_ value: JSONValue, to type: TypeReference, _ place: String = "") throws(Fault) -> JSONValue {
    switch (type, value) {
    case (.nonNull, .null): throw refusal("a value of type \(type) cannot be null", place)
    case (.nonNull(let type), _): return try coerce(value, to: type, place)
    case (_, .null): return .null
    case (.list(let type), .list(let values)):
      var elements: [JSONValue] = []
      for (index, value) in values.enumerated() {
        elements.append(try coerce(value, to: type, "\(place)[\(index)]"))
      }
      return .list(elements)
    case (.list(let type), _): return .list([try coerce(value, to: type, place)])
    case (.named(let name), .object(let members)) where schema.inputs[name] != nil:
      return try object(members, schema.inputs[name] ?? [], of: name, place)
    case (.named("String"), .string), (.named("ID"), .string), (.named("Boolean"), .boolean): return value
    case (.named("ID"), .integer(let number)): return .string("\(number)")
    case (.named("Int"), .integer(let number)) where Int32(exactly: number) != nil: return value
    case (.named("Float"), .integer), (.named("Float"), .number): return value
    default: throw refusal("a value of type \(type) cannot be \(value.kind)", place)
    }
  }

  private func object(
    _ members: [JSONValue.Member], _ inputs: [Schema.Input], of type: String, _ place: String
  ) throws(Fault) -> JSONValue {
    for member in members where !inputs.contains(where: { $0.name == member.name }) {
      throw refusal("the type \(type) has no field \"\(member.name.prefix(50))\"", place)
    }
    var fields: [JSONValue.Member] = []
    for input in inputs {
      if let member = members.last(where: { $0.name == input.name }) {
        let value = try coerce(member.value, to: input.type, "\(place).\(input.name)")
        fields.append(.init(name: input.name, value: value))
      } else if input.type.isNonNull {
        throw refusal("the field \"\(input.name)\" of type \(input.type) is missing", place)
      }
    }
    return .object(fields)
  }

  private func refusal(_ reason: String, _ place: String) -> Fault {
    Fault(message: reason + (place.isEmpty ? "." : " at \(place.drop { $0 == "." })."))
  }
}
