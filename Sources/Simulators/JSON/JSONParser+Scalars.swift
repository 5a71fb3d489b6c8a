extension JSONParser {
  mutating func number() throws(Fault) -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      try digits()
    }
    if next | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let number = Int(text) { return .integer(number) }
    guard let number = Double(text), number.isFinite else { throw Fault(offset: start) }
    // JSON has one kind of number: 1.0 is as whole as 1.
    return Int(exactly: number).map { .integer($0) } ?? .number(number)
  }

  private mutating func digits() throws(Fault) {
    guard next.isDigit else { throw fault }
    while next.isDigit { position += 1 }
  }

  /// A string, whose opening quote is next.
  mutating func string() throws(Fault) -> String {
    position += 1
    var start = position
    var content: [UInt8] = []
    while true {
      switch next {
      case UInt8(ascii: "\""):
        let rest = bytes[start..<position]
        // Most strings have no escapes, and are not copied twice.
        let text =
          content.isEmpty
          ? String(validating: rest, as: UTF8.self) : String(validating: content + rest, as: UTF8.self)
        guard let text else { throw Fault(offset: start) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        content += bytes[start..<position]
        content += try escape()
        start = position
      case 0..<0x20: throw fault
      default: position += 1
      }
    }
  }

  /// What stands for an escape, whose backslash is next, as UTF-8.
  private mutating func escape() throws(Fault) -> [UInt8] {
    position += 2
    guard position <= bytes.count else { throw fault }
    switch bytes[position - 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [bytes[position - 1]]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var value = try codeUnit()
      if (0xD800...0xDBFF).contains(value), next == UInt8(ascii: "\\") {
        position += 1
        guard next == UInt8(ascii: "u") else { throw fault }
        position += 1
        let low = try codeUnit()
        // UTF-16: two units of ten bits each.
        guard (0xDC00...0xDFFF).contains(low) else { throw fault }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw fault }
      return Array(String(Character(scalar)).utf8)
    default: throw fault
    }
  }

  private mutating func codeUnit() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard next < 0x80, let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw fault }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }
}
