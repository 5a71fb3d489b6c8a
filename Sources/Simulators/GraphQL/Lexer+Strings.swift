extension Lexer {
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  mutating func string() throws(DocumentFault) -> String {
    if peek(1) == Self.quote, peek(2) == Self.quote { return try blockString() }
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      switch byte {
      case Self.quote:
        position += 1
        return String(decoding: content, as: UTF8.self)
      case Self.backslash:
        content += try escape()
      case UInt8(ascii: "\t"), 0x20...:
        content.append(byte)
        position += 1
      default:
        throw fault("A string has a line end or a control character in it: write it as an escape.")
      }
    }
    throw fault("A string does not end.", at: start)
  }

  /// What stands behind a backslash, as UTF-8.
  private mutating func escape() throws(DocumentFault) -> [UInt8] {
    let start = position
    position += 2
    switch bytes.indices.contains(start + 1) ? bytes[start + 1] : 0 {
    case UInt8(ascii: "\""): return [Self.quote]
    case UInt8(ascii: "\\"): return [Self.backslash]
    case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      let isBraced = peek() == UInt8(ascii: "{")
      var value = try codeUnit(start)
      if !isBraced, (0xD800...0xDBFF).contains(value), peek() == Self.backslash, peek(1) == UInt8(ascii: "u"),
        peek(2) != UInt8(ascii: "{")
      {
        position += 2
        let low = try codeUnit(start)
        // UTF-16: two units of ten bits each.
        guard (0xDC00...0xDFFF).contains(low) else { throw invalidEscape(start) }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw invalidEscape(start) }
      return Array(String(Character(scalar)).utf8)
    default: throw invalidEscape(start)
    }
  }

  /// `XXXX`, or `{X…}` with any number of digits.
  private mutating func codeUnit(_ start: Int) throws(DocumentFault) -> UInt32 {
    let isBraced = peek() == UInt8(ascii: "{")
    if isBraced { position += 1 }
    var value: UInt32 = 0
    var count = 0
    while let byte = peek(), isBraced ? byte != UInt8(ascii: "}") : count < 4 {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80, value <= 0x10FFFF else {
        throw invalidEscape(start)
      }
      value = value << 4 + UInt32(digit)
      count += 1
      position += 1
    }
    guard isBraced ? count > 0 && peek() != nil : count == 4 else { throw invalidEscape(start) }
    if isBraced { position += 1 }
    return value
  }

  private func invalidEscape(_ start: Int) -> DocumentFault {
    fault("A string has an escape in it that does not exist.", at: start)
  }

  private mutating func blockString() throws(DocumentFault) -> String {
    let start = position
    position += 3
    var lines: [[UInt8]] = [[]]
    while let byte = peek() {
      if byte == Self.quote, peek(1) == Self.quote, peek(2) == Self.quote {
        position += 3
        return Self.dedented(lines)
      }
      if byte == Self.backslash, (1...3).allSatisfy({ peek($0) == Self.quote }) {
        lines[lines.count - 1] += [Self.quote, Self.quote, Self.quote]
        position += 4
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        position += byte == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n") ? 2 : 1
        lines.append([])
      } else {
        lines[lines.count - 1].append(byte)
        position += 1
      }
    }
    throw fault("A block string does not end.", at: start)
  }

  /// Without the indentation that all lines but the first share, and without blank lines at both ends.
  private static func dedented(_ lines: [[UInt8]]) -> String {
    func isPadding(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let indents = lines.dropFirst().compactMap { line in line.firstIndex { !isPadding($0) } }
    let common = indents.min() ?? 0
    var kept = lines.enumerated().map { $0.offset == 0 ? $0.element[...] : $0.element.dropFirst(common) }
    while let first = kept.first, first.allSatisfy(isPadding) { kept.removeFirst() }
    while let last = kept.last, last.allSatisfy(isPadding) { kept.removeLast() }
    return String(decoding: Array(kept.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
  }
}
