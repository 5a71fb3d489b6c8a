/// The types that a document may speak of.
struct Schema: Sendable {
  struct Field: Sendable {
    let name: String
    let type: TypeReference
    var arguments: [Input] = []
  }

  /// An argument, or a field of an input object.
  struct Input: Sendable {
    let name: String
    let type: TypeReference
  }

  static let scalars: Set<String> = ["ID", "String", "Int", "Float", "Boolean"]

  let objects: [String: [Field]]
  let inputs: [String: [Input]]

  static func rootType(of kind: Operation.Kind) -> String {
    switch kind {
    case .query: "Query"
    case .mutation: "Mutation"
    case .subscription: "Subscription"
    }
  }

  func field(_ name: String, of object: String) -> Field? {
    if name == "__typename" { return Field(name: name, type: .nonNull(.named("String"))) }
    return objects[object]?.first { $0.name == name }
  }

  func isInput(_ type: TypeReference) -> Bool {
    Self.scalars.contains(type.innermost) || inputs[type.innermost] != nil
  }

  func isKnown(_ type: TypeReference) -> Bool {
    isInput(type) || objects[type.innermost] != nil
  }

  /// What `@skip` and `@include` take.
  static let condition = [Input(name: "if", type: .nonNull(.named("Boolean")))]
}

indirect enum TypeReference: Hashable, Sendable, CustomStringConvertible {
  case named(String)
  case list(TypeReference)
  case nonNull(TypeReference)

  var description: String {
    switch self {
    case .named(let name): name
    case .list(let element): "[\(element)]"
    case .nonNull(let type): "\(type)!"
    }
  }

  var innermost: String {
    switch self {
    case .named(let name): name
    case .list(let type), .nonNull(let type): type.innermost
    }
  }

  var isNonNull: Bool {
    if case .nonNull = self { true } else { false }
  }

  var nullable: TypeReference {
    if case .nonNull(let type) = self { type } else { self }
  }

  /// Whether every value of this type is one of `other`.
  func fits(_ other: TypeReference) -> Bool {
    switch (self, other) {
    case (.nonNull(let own), .nonNull(let type)): own.fits(type)
    case (.nonNull(let own), _): own.fits(other)
    case (.list(let own), .list(let type)): own.fits(type)
    case (.named(let own), .named(let name)): own == name
    default: false
    }
  }
}
