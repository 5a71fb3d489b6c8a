/// Names one span within its trace: 64 bits, never zero, 16 lower-case hexadecimal digits.
public struct SpanID: Hashable, Sendable, LosslessStringConvertible {
  let number: UInt64

  public init?(_ text: String) {
    self.init(digits: text.utf8)
  }

  init?(digits: some Collection<UInt8>) {
    guard digits.count == 16, let number = Hex.number(digits) else { return nil }
    self.init(number)
  }

  init?(_ number: UInt64) {
    guard number != 0 else { return nil }
    self.number = number
  }

  public var description: String { Hex.text(number) }
}
