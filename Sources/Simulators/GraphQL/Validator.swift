/// Holds a document to a schema (GraphQL specification, October 2021, section 5).
///
/// What must hold of fragments has no place here, because the parser refuses them.
struct Validator {
  let schema: Schema
  private(set) var faults: [DocumentFault] = []
  /// The variables that the operation at hand has used, and where.
  var uses: [VariableUse] = []

  private static let mostFaults = 100

  struct VariableUse {
    let name: String
    /// What the place takes; nil where that is unknown.
    let type: TypeReference?
    let offset: Int
  }

  /// What is wrong with `document`; empty when nothing is.
  static func faults(in document: Document, _ schema: Schema) -> [DocumentFault] {
    var validator = Validator(schema: schema)
    validator.checkNames(document)
    for operation in document.operations { validator.check(operation) }
    return validator.faults
  }

  mutating func add(_ message: String, at offset: Int, _ code: GraphQLError.Code = .validation) {
    if faults.count < Self.mostFaults { faults.append(DocumentFault(message, at: offset, code)) }
  }

  private mutating func checkNames(_ document: Document) {
    var seen: Set<String> = []
    for operation in document.operations {
      if let name = operation.name {
        if !seen.insert(name).inserted { add("Two operations are called \"\(name)\".", at: operation.offset) }
      } else if document.operations.count > 1 {
        add("An operation without a name must be the only one.", at: operation.offset)
      }
    }
  }

  private mutating func check(_ operation: Operation) {
    uses = []
    for directive in operation.directives { refuse(directive, on: "an operation") }
    if operation.kind == .subscription {
      add("This server has no subscriptions.", at: operation.offset, .unsupported)
    } else {
      check(operation.selections, of: Schema.rootType(of: operation.kind))
    }
    checkVariables(of: operation)
  }

  /// - Parameter object: the type that has the fields; nil where that is unknown.
  private mutating func check(_ selections: [Selection], of object: String?) {
    for selection in selections {
      let field = object.flatMap { schema.field(selection.name, of: $0) }
      if let object, field == nil { addUnknown(selection, object) }
      check(
        selection.arguments, against: field?.arguments, of: "the field \"\(selection.name)\"",
        at: selection.offset)
      check(selection.directives)
      check(selection, field)
    }
    checkMerging(selections)
  }

  private mutating func addUnknown(_ selection: Selection, _ object: String) {
    if object == "Query", ["__schema", "__type"].contains(selection.name) {
      add("This server does not support introspection beyond __typename.", at: selection.offset, .unsupported)
    } else {
      add("The type \(object) has no field \"\(selection.name)\".", at: selection.offset)
    }
  }

  /// An object needs a selection of its fields, and a scalar has none.
  private mutating func check(_ selection: Selection, _ field: Schema.Field?) {
    let type = field?.type.innermost
    if let field, let type {
      let isObject = schema.objects[type] != nil
      if isObject, selection.selections == nil {
        add(
          "The field \"\(field.name)\" of type \(field.type) needs a selection of fields.",
          at: selection.offset)
      } else if !isObject, selection.selections != nil {
        add("The field \"\(field.name)\" of type \(field.type) has no fields.", at: selection.offset)
      }
    }
    if let selections = selection.selections {
      check(selections, of: type.flatMap { schema.objects[$0] == nil ? nil : $0 })
    }
  }
}
