/// An executable document: what a client asks for.
struct Document: Sendable {
  let operations: [Operation]
}

struct Operation: Sendable {
  enum Kind: String, Sendable {
    case query
    case mutation
    case subscription
  }

  let kind: Kind
  /// Nil for the one operation of a document that needs none.
  let name: String?
  let variables: [VariableDefinition]
  let directives: [Directive]
  let selections: [Selection]
  let offset: Int
}

struct VariableDefinition: Sendable {
  let name: String
  let type: TypeReference
  let standard: Literal?
  let directives: [Directive]
  let offset: Int
}

/// A field that is asked for.
struct Selection: Sendable {
  let alias: String?
  let name: String
  let arguments: [Argument]
  let directives: [Directive]
  /// Nil where no braces follow.
  let selections: [Selection]?
  let offset: Int

  /// What the answer calls it.
  var responseKey: String { alias ?? name }
}

struct Argument: Sendable {
  let name: String
  let value: Literal
  let offset: Int
}

struct Directive: Sendable {
  let name: String
  let arguments: [Argument]
  let offset: Int
}

/// A value as a document writes it.
struct Literal: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    case variable(String)
    case integer(String)
    case float(String)
    case string(String)
    case boolean(Bool)
    case null
    case enumeration(String)
    case list([Literal])
    case object([Field])
  }

  struct Field: Hashable, Sendable {
    let name: String
    let value: Literal
  }

  let content: Content
  let offset: Int

  /// Two are the same wherever they stand, and whatever the order of the fields in them.
  static func == (one: Literal, other: Literal) -> Bool {
    if case .object(let fields) = one.content, case .object(let others) = other.content {
      return fields.sorted { $0.name < $1.name } == others.sorted { $0.name < $1.name }
    }
    return one.content == other.content
  }

  func hash(into hasher: inout Hasher) {
    if case .object(let fields) = content {
      hasher.combine(Set(fields))
    } else {
      hasher.combine(content)
    }
  }
}
