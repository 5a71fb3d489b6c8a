import Foundation

/// Reads the members of a JSON object (RFC 8259) and refuses what two readers could take for two things: a name
/// that comes twice, bytes that are not UTF-8, nesting without end.
struct StrictJSON {
  enum Fault: Error, Hashable {
    case notUTF8
    case notAnObject
    case notAnArray
    case tooDeep
    case twice(String)
    case notJSON(at: Int)

    /// What is wrong, for a person.
    var sentence: String {
      switch self {
      case .notUTF8: "is not UTF-8"
      case .notAnObject: "is not a JSON object"
      case .notAnArray: "is not a JSON array"
      case .tooDeep: "is nested more than \(StrictJSON.deepest) deep"
      case .twice(let name): "has the member \(name) twice"
      case .notJSON(let place): "is not JSON: the byte at \(place) does not fit"
      }
    }
  }

  static let deepest = 64

  /// The members of an object, by the bytes of their names: to Swift, é and e with an accent are equal.
  struct Members {
    fileprivate var values: [[UInt8]: ArraySlice<UInt8>] = [:]

    /// The bytes of a member's value; nil when there is none of this name.
    subscript(name: String) -> ArraySlice<UInt8>? { values[Array(name.utf8)] }
  }

  /// Of a list of events: what is deeper within one of them is the fault of that one.
  private static let deepestList = 500

  private let bytes: [UInt8]
  private let deepest: Int
  private var place = 0

  private init(_ bytes: [UInt8], deepest: Int = StrictJSON.deepest) {
    self.bytes = bytes
    self.deepest = deepest
  }

  /// The members of the object that `bytes` is, each with the bytes of its value.
  static func members(of bytes: [UInt8]) throws(Fault) -> Members {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
    var reader = StrictJSON(bytes)
    reader.skipSpace()
    guard reader.next == UInt8(ascii: "{") else { throw .notAnObject }
    var members = Members()
    try reader.object(depth: 1) { name, value throws(Fault) in
      guard members.values.updateValue(value, forKey: Array(name.utf8)) == nil else { throw .twice(name) }
    }
    reader.skipSpace()
    guard reader.place == bytes.count else { throw .notJSON(at: reader.place) }
    return members
  }

  /// The bytes of each element of the array that `bytes` is.
  static func elements(of bytes: [UInt8]) throws(Fault) -> [ArraySlice<UInt8>] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
    var reader = StrictJSON(bytes, deepest: deepestList)
    reader.skipSpace()
    guard reader.next == UInt8(ascii: "[") else { throw .notAnArray }
    var elements: [ArraySlice<UInt8>] = []
    try reader.array(depth: 1) { elements.append($0) }
    reader.skipSpace()
    guard reader.place == bytes.count else { throw .notJSON(at: reader.place) }
    return elements
  }

  /// The text of a value that is a string; nil when it is something else.
  static func string(_ value: ArraySlice<UInt8>) -> String? {
    guard value.first == UInt8(ascii: "\"") else { return nil }
    let inner = value.dropFirst().dropLast()
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    return unescaped(inner) ?? (try? JSONDecoder().decode(String.self, from: Data(value)))
  }

  /// The text of a string whose escapes are all of two characters; nil when there is one of four digits.
  private static func unescaped(_ inner: ArraySlice<UInt8>) -> String? {
    var text: [UInt8] = []
    text.reserveCapacity(inner.count)
    var isEscaped = false
    for byte in inner {
      guard isEscaped else {
        if byte == UInt8(ascii: "\\") { isEscaped = true } else { text.append(byte) }
        continue
      }
      isEscaped = false
      switch byte {
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"): return nil
      default: text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
  }

  private mutating func take(_ byte: Character) throws(Fault) {
    guard next == byte.asciiValue else { throw .notJSON(at: place) }
    place += 1
  }

  private mutating func object(
    depth: Int, _ member: (String, ArraySlice<UInt8>) throws(Fault) -> Void
  ) throws(Fault) {
    guard depth <= deepest else { throw .tooDeep }
    try take("{")
    skipSpace()
    if next == UInt8(ascii: "}") {
      place += 1
      return
    }
    while true {
      skipSpace()
      let start = place
      try text()
      guard let name = Self.string(bytes[start..<place]) else { throw .notJSON(at: start) }
      skipSpace()
      try take(":")
      skipSpace()
      let value = place
      try self.value(depth: depth)
      try member(name, bytes[value..<place])
      skipSpace()
      if next == UInt8(ascii: ",") {
        place += 1
        continue
      }
      try take("}")
      return
    }
  }

  private mutating func value(depth: Int) throws(Fault) {
    switch next {
    case UInt8(ascii: "{"): try object(depth: depth + 1) { _, _ in }
    case UInt8(ascii: "["): try array(depth: depth + 1)
    case UInt8(ascii: "\""): try text()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  private mutating func array(depth: Int, _ element: (ArraySlice<UInt8>) -> Void = { _ in }) throws(Fault) {
    guard depth <= deepest else { throw .tooDeep }
    try take("[")
    skipSpace()
    if next == UInt8(ascii: "]") {
      place += 1
      return
    }
    while true {
      skipSpace()
      let start = place
      try value(depth: depth)
      element(bytes[start..<place])
      skipSpace()
      if next == UInt8(ascii: ",") {
        place += 1
        continue
      }
      try take("]")
      return
    }
  }

  private mutating func text() throws(Fault) {
    try take("\"")
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        place += 1
        return
      case UInt8(ascii: "\\"):
        place += 1
        try escape()
      case 0..<0x20: throw .notJSON(at: place)
      default: place += 1
      }
    }
    throw .notJSON(at: place)
  }

  private mutating func escape() throws(Fault) {
    guard let byte = next else { throw .notJSON(at: place) }
    place += 1
    switch byte {
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        guard let digit = next, Character(Unicode.Scalar(digit)).isHexDigit else { throw .notJSON(at: place) }
        place += 1
      }
    default:
      guard #""\/bfnrt"#.utf8.contains(byte) else { throw .notJSON(at: place - 1) }
    }
  }

  private mutating func word(_ word: StaticString) throws(Fault) {
    for byte in "\(word)".utf8 {
      guard next == byte else { throw .notJSON(at: place) }
      place += 1
    }
  }

  private mutating func digits() throws(Fault) {
    let start = place
    while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
    guard place > start else { throw .notJSON(at: place) }
  }

  private mutating func number() throws(Fault) {
    if next == UInt8(ascii: "-") { place += 1 }
    if next == UInt8(ascii: "0") { place += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      place += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      place += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
      try digits()
    }
  }
}
