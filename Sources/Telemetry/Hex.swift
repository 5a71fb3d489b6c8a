/// Lower-case hexadecimal, the only spelling W3C trace context allows.
enum Hex {
  static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(digit(byte >> 4))
    bytes.append(digit(byte & 0xf))
  }

  /// Sixteen digits, leading zeros included.
  static func text(_ number: UInt64) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)), to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number behind at most sixteen digits; nil when there is none, or anything but `0-9a-f`.
  static func number(_ text: some Collection<UInt8>) -> UInt64? {
    guard !text.isEmpty, text.count <= 16 else { return nil }
    var number: UInt64 = 0
    for character in text {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number << 4 | UInt64(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        number = number << 4 | UInt64(character - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
