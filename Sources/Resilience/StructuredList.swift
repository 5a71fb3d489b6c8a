/// A list of named items with parameters, as HTTP fields write it: the part of RFC 9651 that rate limits use.
/// As there, one mistake makes the whole field say nothing.
struct StructuredList {
  enum Value: Hashable {
    case string(String)
    case whole(Int)
    case other
  }

  struct Item {
    let name: String
    let parameters: [String: Value]

    /// A parameter that is a number, and none below zero.
    func whole(_ key: String) -> Int? {
      guard case .whole(let number)? = parameters[key], number >= 0 else { return nil }
      return number
    }
  }

  private(set) var items: [Item] = []

  init?(_ field: String) {
    var text = StructuredText(field)
    text.skipBlanks()
    while !text.isAtEnd {
      guard case .string(let name)? = text.value(), let parameters = Self.parameters(&text)
      else { return nil }
      items.append(Item(name: name, parameters: parameters))
      text.skipBlanks()
      if text.isAtEnd { return }
      guard text.take(",") else { return nil }
      text.skipBlanks()
      // A comma promises another item.
      if text.isAtEnd { return nil }
    }
  }

  private static func parameters(_ text: inout StructuredText) -> [String: Value]? {
    var parameters: [String: Value] = [:]
    while text.take(";") {
      text.skipBlanks()
      guard let key = text.key() else { return nil }
      guard text.take("=") else {
        parameters[key] = .other
        continue
      }
      guard let value = text.value() else { return nil }
      parameters[key] = value
    }
    return parameters
  }
}
