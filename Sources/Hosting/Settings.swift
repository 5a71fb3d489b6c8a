import Messaging

/// A setting that is missing or wrong. It names the key, never the value.
public struct SettingError: Error, Hashable, CustomStringConvertible {
  public let key: String
  public let expected: String

  public init(key: String, expected: String) {
    self.key = key
    self.expected = expected
  }

  public var description: String { "The setting \(key) must be \(expected)." }
}

/// The program's settings as they were at its start: environment variables, read once into values.
public struct Settings: Sendable {
  private let values: [String: String]

  public init(_ environment: [String: String]) {
    values = environment
  }

  /// Nil when the setting is absent or empty.
  public func text(_ key: String) -> String? {
    values[key].flatMap { $0.isEmpty ? nil : $0 }
  }

  public func integer(
    _ key: String, default standard: Int, in range: ClosedRange<Int>
  ) throws(SettingError) -> Int {
    guard let text = text(key) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw SettingError(
        key: key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  public func number(
    _ key: String, default standard: Double, in range: ClosedRange<Double>
  ) throws(SettingError) -> Double {
    guard let text = text(key) else { return standard }
    guard let number = Double(text), range.contains(number) else {
      throw SettingError(key: key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  public func port(_ key: String, default standard: Int) throws(SettingError) -> Int {
    try integer(key, default: standard, in: 0...65_535)
  }

  /// Every librdkafka property given as `KAFKA_<NAME>`: `KAFKA_SASL_MECHANISM` is `sasl.mechanism`.
  public var kafkaProperties: [String: String] {
    var properties: [String: String] = [:]
    for (key, value) in values where key.hasPrefix("KAFKA_") && key != "KAFKA_BOOTSTRAP_SERVERS" {
      let name = key.dropFirst("KAFKA_".count).lowercased().replacing("_", with: ".")
      properties[name] = value
    }
    return properties
  }

  /// The setting of a librdkafka property: `KAFKA_SASL_MECHANISM` for `sasl.mechanism`.
  @Sendable public static func name(ofKafkaProperty property: String) -> String {
    "KAFKA_" + property.uppercased().replacing(".", with: "_")
  }
}
