public import Foundation

/// An amount of money in hundredths of the currency's unit: never a floating-point number. In JSON a number, as
/// people write it: 9.99.
public struct Money: Hashable, Sendable {
  public let minorUnits: Int64

  public init(minorUnits: Int64) {
    self.minorUnits = minorUnits
  }

  /// - Returns: nil for what has more than two decimals, or does not fit.
  public init?(_ amount: Decimal) {
    var hundredfold = amount * 100
    var whole = Decimal()
    NSDecimalRound(&whole, &hundredfold, 0, .plain)
    guard whole == hundredfold, abs(whole) <= Decimal(Self.most) else { return nil }
    minorUnits = NSDecimalNumber(decimal: whole).int64Value
  }

  /// A thousand billion units: what a double still holds to the hundredth, as readers in other languages may.
  private static let most: Int64 = 100_000_000_000_000

  public var amount: Decimal { Decimal(minorUnits) / 100 }
}

extension Money: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let money = Money(try container.decode(Decimal.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not an amount of money with two decimals at most")
    }
    self = money
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(amount)
  }
}
