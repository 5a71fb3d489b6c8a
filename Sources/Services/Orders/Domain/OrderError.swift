import Contracts

/// A rule about orders that was broken.
enum OrderError: Error, Hashable {
  case isNoReference(OrderField)
  case unknownOrder(OrderID)
  case isOver(OrderID, Order.Status)

  var sentence: String {
    switch self {
    case .isNoReference:
      "must be 1 to \(Reference.longest) letters, digits and any of - . _ ~, and not only dots"
    case .unknownOrder(let id): "There is no order \(id)."
    case .isOver(let id, let status):
      "The order \(id) is \(status.rawValue) already: only one that is PENDING can be cancelled."
    }
  }
}

/// What names a user or a product to its service, safe as a segment of a path: RFC 3986's unreserved characters.
struct Reference: Hashable, Sendable {
  static let longest = 100

  let text: String

  init(_ text: String, as field: OrderField) throws(OrderError) {
    let isSafe = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
      default: false
      }
    }
    // A segment of dots alone would lead elsewhere: RFC 3986, 5.2.4.
    guard isSafe, (1...Self.longest).contains(text.utf8.count), text.contains(where: { $0 != "." }) else {
      throw .isNoReference(field)
    }
    self.text = text
  }
}
