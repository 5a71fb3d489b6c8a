import Foundation
import NIOCore

extension Problem {
  /// What to tell a client whose body could not be decoded: where, and what is wanted there.
  init<Value: Decodable>(refusing error: DecodingError, in bytes: ByteBuffer, _ type: Value.Type) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .invalid(pointer(context.codingPath + [key]), "is required")
    case .valueNotFound(_, let context):
      self = .invalid(pointer(context.codingPath), "must not be null")
    case .typeMismatch(let type, let context):
      self = .invalid(pointer(context.codingPath), "must be \(name(of: type))")
    case .dataCorrupted(let context) where context.debugDescription == Self.parserComplaint:
      guard let misfits = MisfitNumbers(in: Data(bytes.readableBytesView), for: type) else {
        self = .badRequest("The body is not valid JSON.")
        return
      }
      self =
        misfits.places.isEmpty
        ? .invalid("", "holds a number that does not fit where it stands")
        : .invalid(misfits.places.map { Fault($0, "must be a whole number in range") })
    case .dataCorrupted(let context):
      self = .invalid(pointer(context.codingPath), wish(context.debugDescription))
    @unknown default:
      self = .invalid("", "cannot be read")
    }
  }

  /// What Foundation says of every document that it cannot parse, without a place, and of numbers that do
  /// not fit their type.
  static let parserComplaint = "The given data was not valid JSON."
}

private func pointer(_ path: [any CodingKey]) -> String {
  path.map { "/" + Problem.token($0.intValue.map(String.init) ?? $0.stringValue) }.joined()
}

extension Problem {
  /// A part of a JSON pointer (RFC 6901).
  static func token(_ name: String) -> String {
    name.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}

private func name(of type: any Any.Type) -> String {
  switch type {
  case is String.Type: "a string"
  case is Bool.Type: "true or false"
  case is any BinaryInteger.Type: "a whole number"
  case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
  case is [Any].Type: "an array"
  case is [String: Any].Type: "an object"
  default: "of another type"
  }
}

/// A type that decodes itself may say what it wants, in lower case: `"not an RFC 3339 time"`. The
/// descriptions of Foundation and the standard library begin with a capital and name Swift types, which
/// are nobody's business outside.
private func wish(_ description: String) -> String {
  description.first?.isLowercase == true ? description : "is not an allowed value"
}
