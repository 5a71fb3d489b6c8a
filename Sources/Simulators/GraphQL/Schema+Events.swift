extension Schema {
  /// What this target offers:
  ///
  ///     type Query { event(id: ID!): CreatedEvent, eventCount: Int! }
  ///     type Mutation { createEvent(input: EventInput!): CreatedEvent }
  ///     type CreatedEvent { id: ID! }
  ///     input EventInput { id: ID!, name: String!, body: String!, timestamp: String!, brand: String! }
  ///
  /// - Parameter nonNull: whether it promises an event for every `createEvent`: `CreatedEvent!`.
  static func events(nonNull: Bool) -> Schema { nonNull ? promising : admitting }

  private static let admitting = Schema(createEvent: .named("CreatedEvent"))
  private static let promising = Schema(createEvent: .nonNull(.named("CreatedEvent")))

  private init(createEvent: TypeReference) {
    let id = TypeReference.nonNull(.named("ID"))
    let text = TypeReference.nonNull(.named("String"))
    objects = [
      "Query": [
        Field(name: "event", type: .named("CreatedEvent"), arguments: [Input(name: "id", type: id)]),
        Field(name: "eventCount", type: .nonNull(.named("Int"))),
      ],
      "Mutation": [
        Field(
          name: "createEvent", type: createEvent,
          arguments: [Input(name: "input", type: .nonNull(.named("EventInput")))])
      ],
      "CreatedEvent": [Field(name: "id", type: id)],
    ]
    inputs = [
      "EventInput": [
        Input(name: "id", type: id), Input(name: "name", type: text), Input(name: "body", type: text),
        Input(name: "timestamp", type: text), Input(name: "brand", type: text),
      ]
    ]
  }
}
