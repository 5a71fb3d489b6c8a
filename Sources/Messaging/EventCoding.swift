import Foundation

/// How payloads are written: plain JSON, keys sorted so that a changed byte is a decision.
enum EventCoding {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  static let decoder = JSONDecoder()
}

extension DecodingError {
  /// Which field is wrong, and how, without any of its content.
  var sentence: String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "the document" : "/" + path.map(\.stringValue).joined(separator: "/")
    }
    return switch self {
    case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
    case .typeMismatch(let type, let context): "\(place(context.codingPath)) is not a \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is not JSON" : "\(place(context.codingPath)): \(context.debugDescription)"
    @unknown default: "it cannot be decoded"
    }
  }
}
