/// Names one trace: 128 bits, never zero, 32 lower-case hexadecimal digits.
public struct TraceID: Hashable, Sendable, LosslessStringConvertible {
  let high: UInt64
  let low: UInt64

  public init?(_ text: String) {
    self.init(digits: text.utf8)
  }

  init?(digits: some Collection<UInt8>) {
    guard digits.count == 32, let high = Hex.number(digits.prefix(16)),
      let low = Hex.number(digits.suffix(16))
    else { return nil }
    self.init(high: high, low: low)
  }

  init?(high: UInt64, low: UInt64) {
    guard high | low != 0 else { return nil }
    self.high = high
    self.low = low
  }

  public var description: String { Hex.text(high) + Hex.text(low) }
}
