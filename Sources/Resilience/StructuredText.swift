/// Reads the values of structured fields (RFC 9651), one after the other.
struct StructuredText {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = text[...].utf8
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skipBlanks() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// `*` or a small letter, then small letters, digits, and `_-.*`.
  mutating func key() -> String? {
    guard let first = rest.first, Self.isSmall(first) || first == UInt8(ascii: "*") else { return nil }
    return taken { Self.isSmall($0) || Self.isDigit($0) || "_-.*".utf8.contains($0) }
  }

  /// A quoted string or a token; a number; or something that no rate limit has.
  mutating func value() -> StructuredList.Value? {
    guard let first = rest.first else { return nil }
    switch first {
    case UInt8(ascii: "\""): return quoted().map(StructuredList.Value.string)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
    case UInt8(ascii: ":"): return bytes()
    case UInt8(ascii: "?"):
      rest.removeFirst()
      return take("0") || take("1") ? .other : nil
    case _ where Self.isLetter(first) || first == UInt8(ascii: "*"):
      return .string(taken { Self.isLetter($0) || Self.isDigit($0) || "!#$%&'*+-.^_`|~:/".utf8.contains($0) })
    default: return nil
    }
  }

  private mutating func quoted() -> String? {
    rest.removeFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst(), "\"\\".utf8.contains(escaped) else { return nil }
        bytes.append(escaped)
      case 0x20...0x7e: bytes.append(byte)
      default: return nil
      }
    }
    return nil
  }

  /// A decimal is no number of requests or seconds here, but may stand beside them.
  private mutating func number() -> StructuredList.Value? {
    let isNegative = take("-")
    let digits = taken(while: Self.isDigit)
    guard (1...15).contains(digits.utf8.count), let number = Int(digits) else { return nil }
    guard take(".") else { return .whole(isNegative ? -number : number) }
    return (1...3).contains(taken(while: Self.isDigit).utf8.count) && digits.utf8.count <= 12 ? .other : nil
  }

  private mutating func bytes() -> StructuredList.Value? {
    rest.removeFirst()
    _ = taken { Self.isLetter($0) || Self.isDigit($0) || "+/=".utf8.contains($0) }
    return take(":") ? .other : nil
  }

  private mutating func taken(while belongs: (UInt8) -> Bool) -> String {
    let taken = rest.prefix(while: belongs)
    rest = rest.dropFirst(taken.count)
    return String(decoding: taken, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isSmall(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { isSmall(byte | 0x20) }
}
