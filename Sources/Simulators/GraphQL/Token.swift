/// The smallest parts of a GraphQL document that mean something.
enum Token: Hashable, CustomStringConvertible {
  /// One of `! $ & ( ) : = @ [ ] { | }`.
  case punctuator(UInt8)
  case spread
  case name(String)
  case integer(String)
  case float(String)
  case string(String)
  case end

  static func mark(_ scalar: Unicode.Scalar) -> Token { .punctuator(UInt8(ascii: scalar)) }

  var description: String {
    switch self {
    case .punctuator(let byte): "\"\(Character(Unicode.Scalar(byte)))\""
    case .spread: "\"...\""
    case .name(let name): "the name \"\(name.prefix(50))\""
    case .integer(let digits), .float(let digits): "the number \(digits.prefix(50))"
    case .string: "a string"
    case .end: "the end of the document"
    }
  }
}

struct PlacedToken {
  let token: Token
  /// The first byte of it.
  let offset: Int
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  var startsName: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
  }

  var continuesName: Bool { startsName || isDigit }
}
