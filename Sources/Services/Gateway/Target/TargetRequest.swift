import Foundation

/// One GraphQL request that creates events: one aliased field for each, its values in variables.
struct TargetRequest: Encodable {
  struct Input: Encodable {
    let id: String
    let name: String
    let body: String
    let timestamp: String
    let brand: String
  }

  let query: String
  let variables: [String: Input]

  init(_ events: [GatewayEvent]) {
    query = Self.document(events.count)
    variables = Dictionary(
      uniqueKeysWithValues: events.enumerated().map { place, event in
        (
          Self.alias(place),
          Input(
            id: "\(event.id)", name: event.name, body: event.body, timestamp: event.timestamp,
            brand: event.brand)
        )
      })
  }

  /// Names both the field and its variable.
  static func alias(_ place: Int) -> String { "e\(place)" }

  /// GraphQL, October 2021: sections 2.3 (operations), 2.7 (aliases) and 2.10 (variables).
  static func document(_ count: Int) -> String {
    let declarations = (0..<count).map { "$\(alias($0)): EventInput!" }.joined(separator: ", ")
    let fields = (0..<count).map { "\(alias($0)): createEvent(input: $\(alias($0))) { id }" }
    return "mutation CreateEvents(\(declarations)) { \(fields.joined(separator: " ")) }"
  }
}
