/// Reads JSON (RFC 8259), and nothing that is nearly JSON.
struct JSONParser {
  static let deepest = 100

  let bytes: [UInt8]
  var position = 0
  private var depth = 0

  /// There is no JSON, or something behind it.
  struct Fault: Error, Hashable {
    /// The byte where it is noticed.
    let offset: Int
  }

  static func parse(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value()
    parser.skipWhiteSpace()
    guard parser.position == bytes.count else { throw parser.fault }
    return value
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  var fault: Fault { Fault(offset: position) }

  /// The next byte; 0, which no JSON holds, past the end.
  var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipWhiteSpace() {
    while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
  }

  private mutating func value() throws(Fault) -> JSONValue {
    skipWhiteSpace()
    switch next {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["): return .list(try elements())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
    for byte in word.description.utf8 {
      guard next == byte else { throw fault }
      position += 1
    }
    return value
  }

  private mutating func elements() throws(Fault) -> [JSONValue] {
    var elements: [JSONValue] = []
    try many(UInt8(ascii: "]")) { parser throws(Fault) in elements.append(try parser.value()) }
    return elements
  }

  private mutating func members() throws(Fault) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    try many(UInt8(ascii: "}")) { parser throws(Fault) in
      parser.skipWhiteSpace()
      guard parser.next == UInt8(ascii: "\"") else { throw parser.fault }
      let name = try parser.string()
      parser.skipWhiteSpace()
      guard parser.next == UInt8(ascii: ":") else { throw parser.fault }
      parser.position += 1
      members.append(JSONValue.Member(name: name, value: try parser.value()))
    }
    return members
  }

  /// What stands between an opening mark, which is next, and `close`, with commas between.
  private mutating func many(
    _ close: UInt8, _ read: (inout JSONParser) throws(Fault) -> Void
  ) throws(Fault) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw fault }
    position += 1
    skipWhiteSpace()
    if next != close {
      try read(&self)
      skipWhiteSpace()
      while next == UInt8(ascii: ",") {
        position += 1
        try read(&self)
        skipWhiteSpace()
      }
    }
    guard next == close else { throw fault }
    position += 1
  }
}
