/// A setting that is wrong. It names the key, never the value.
public struct SimulatorSettingError: Error, Hashable, CustomStringConvertible {
  public let key: String
  public let expected: String

  public var description: String { "The setting \(key) must be \(expected)." }
}

/// Reads settings from the environment's variables.
struct SimulatorSettings {
  let environment: [String: String]

  /// Nil when the setting is absent or empty.
  func text(_ key: String) -> String? {
    environment[key].flatMap { $0.isEmpty ? nil : $0 }
  }

  func integer(
    _ key: String, default standard: Int, in range: ClosedRange<Int>
  ) throws(SimulatorSettingError) -> Int {
    guard let text = text(key) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw SimulatorSettingError(
        key: key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func number(
    _ key: String, default standard: Double, in range: ClosedRange<Double>
  ) throws(SimulatorSettingError) -> Double {
    guard let text = text(key) else { return standard }
    guard let number = Double(text), range.contains(number) else {
      throw SimulatorSettingError(
        key: key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func port(_ key: String, default standard: Int) throws(SimulatorSettingError) -> Int {
    try integer(key, default: standard, in: 0...65_535)
  }
}
