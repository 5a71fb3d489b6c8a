/// Splits a document into tokens (GraphQL specification, October 2021, section 2.1).
struct Lexer {
  let bytes: [UInt8]
  var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The byte so far ahead; nil past the end.
  func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < bytes.count ? bytes[position + distance] : nil
  }

  func fault(_ message: String, at offset: Int? = nil) -> DocumentFault {
    DocumentFault(message, at: offset ?? position, .syntax)
  }

  mutating func next() throws(DocumentFault) -> PlacedToken {
    skipIgnored()
    let start = position
    guard let byte = peek() else { return PlacedToken(token: .end, offset: start) }
    let token: Token
    switch byte {
    case _ where byte.startsName:
      while peek()?.continuesName == true { position += 1 }
      token = .name(String(decoding: bytes[start..<position], as: UTF8.self))
    case _ where byte.isDigit, UInt8(ascii: "-"):
      token = try number()
    case UInt8(ascii: "\""):
      token = .string(try string())
    case UInt8(ascii: "."):
      guard peek(1) == byte, peek(2) == byte else { throw fault("A dot stands alone.") }
      position += 3
      token = .spread
    case _ where Self.punctuators.contains(byte):
      position += 1
      token = .punctuator(byte)
    default:
      throw fault("There is a character that has no meaning here.")
    }
    return PlacedToken(token: token, offset: start)
  }

  private static let punctuators = Set("!$&():=@[]{|}".utf8)

  /// White space, line ends, commas, comments and the byte order mark mean nothing.
  private mutating func skipIgnored() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","):
        position += 1
      case UInt8(ascii: "#"):
        while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { position += 1 }
      case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF:
        position += 3
      default:
        return
      }
    }
  }

  private mutating func number() throws(DocumentFault) -> Token {
    let start = position
    var isFloat = false
    if peek() == UInt8(ascii: "-") { position += 1 }
    if peek() == UInt8(ascii: "0") {
      position += 1
      if peek()?.isDigit == true { throw fault("A number does not begin with 0.") }
    } else {
      try digits()
    }
    if peek() == UInt8(ascii: ".") {
      isFloat = true
      position += 1
      try digits()
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isFloat = true
      position += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    if let byte = peek(), byte.startsName || byte == UInt8(ascii: ".") {
      throw fault("A number ends where a digit should be.")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    return isFloat ? .float(text) : .integer(text)
  }

  private mutating func digits() throws(DocumentFault) {
    guard peek()?.isDigit == true else { throw fault("A number lacks a digit.") }
    while peek()?.isDigit == true { position += 1 }
  }
}
