/// Leads from a request to its plan, or to the errors that refuse it as a whole.
struct Planner {
  private let request: GraphQLRequest
  private let root: String
  private var coercion: Coercion

  /// - Parameter documents: what has been read before.
  /// - Throws: ``Refusal``, for a request of which nothing is executed.
  static func plan(
    _ request: GraphQLRequest, _ schema: Schema, _ documents: KnownDocuments
  ) throws(Refusal) -> Plan {
    let document = try documents.document(request.query, schema)
    let operation = try select(in: document, request.operationName)
    var planner = Planner(request, operation, schema)
    return try planner.plan(operation)
  }

  struct Refusal: Error {
    let errors: [GraphQLError]
  }

  private init(_ request: GraphQLRequest, _ operation: Operation, _ schema: Schema) {
    self.request = request
    root = Schema.rootType(of: operation.kind)
    coercion = Coercion(schema: schema)
  }

  private static func select(in document: Document, _ name: String?) throws(Refusal) -> Operation {
    let matching = document.operations.filter { name == nil || $0.name == name }
    if matching.count == 1 { return matching[0] }
    let message =
      matching.isEmpty
      ? "There is no operation of the name given." : "Which operation? Give its name as \"operationName\"."
    throw Refusal(errors: [GraphQLError(message: message, code: .operation)])
  }

  private func error(_ fault: Coercion.Fault, at offset: Int, key: String? = nil) -> GraphQLError {
    let location = Location(offset: fault.offset ?? offset, in: request.query)
    return GraphQLError(message: fault.message, code: .input, locations: [location], path: key)
  }

  private mutating func plan(_ operation: Operation) throws(Refusal) -> Plan {
    do {
      try coercion.takeVariables(operation.variables, request.variables)
    } catch {
      throw Refusal(errors: [self.error(error, at: operation.offset)])
    }
    var steps: [Plan.Step] = []
    for (first, others) in try wanted(operation.selections).byResponseKey {
      let children = try wanted(([first] + others).flatMap { $0.selections ?? [] })
      steps.append(
        Plan.Step(
          key: first.responseKey, field: first.name, call: call(first),
          selections: children.byResponseKey.map { ($0.first.responseKey, $0.first.name) },
          offset: first.offset))
    }
    return Plan(steps: steps, document: request.query)
  }

  /// Without what `@skip` and `@include` leave out.
  private func wanted(_ selections: [Selection]) throws(Refusal) -> [Selection] {
    var wanted: [Selection] = []
    for selection in selections {
      var isWanted = true
      for directive in selection.directives {
        do {
          let condition = try coercion.arguments(directive.arguments, Schema.condition)["if"]
          if condition == .boolean(directive.name == "skip") { isWanted = false }
        } catch {
          throw Refusal(errors: [self.error(error, at: directive.offset)])
        }
      }
      if isWanted { wanted.append(selection) }
    }
    return wanted
  }

  private func call(_ selection: Selection) -> Plan.Call {
    do {
      let inputs = coercion.schema.field(selection.name, of: root)?.arguments ?? []
      let arguments = try coercion.arguments(selection.arguments, inputs)
      return switch selection.name {
      case "createEvent": .createEvent(EventInput(arguments["input"] ?? .null))
      case "event": .event(id: arguments["id"]?.text ?? "")
      case "eventCount": .eventCount
      default: .typename(root)
      }
    } catch {
      return .failing(self.error(error, at: selection.offset, key: selection.responseKey))
    }
  }
}
