import Logging

extension JSONLine {
  /// Adds a metadata value under its key, or `[redacted]` when the key names a secret.
  mutating func field(_ name: String, _ value: Logger.Metadata.Value) {
    key(name)
    if SecretKey.matches(name) {
      string("[redacted]")
    } else {
      metadata(value)
    }
  }

  private mutating func metadata(_ value: Logger.Metadata.Value) {
    switch value {
    case .string(let text): string(text)
    case .stringConvertible(let convertible): scalar(convertible)
    case .array(let elements):
      beginArray()
      for element in elements { metadata(element) }
      endArray()
    case .dictionary(let members):
      beginObject()
      for (key, member) in members.sorted(by: { $0.key < $1.key }) { field(key, member) }
      endObject()
    }
  }

  /// Numbers and truth values keep their type. A number that a reader with 64-bit floats would round
  /// (beyond 2^53), or that JSON cannot spell (infinity), goes as text, so that no digit is lost.
  private mutating func scalar(_ value: any CustomStringConvertible & Sendable) {
    switch value {
    case let number as Int where number.magnitude <= 1 << 53: literal(number.description)
    case let number as Double where number.isFinite: literal(number.description)
    case let truth as Bool: literal(truth.description)
    default: string(value.description)
    }
  }
}
