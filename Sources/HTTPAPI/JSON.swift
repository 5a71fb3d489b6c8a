import Foundation
import NIOCore

/// One spelling of JSON for every answer: sorted keys, plain slashes, RFC 3339 times.
enum JSON {
  static let contentType = "application/json"

  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return encoder
  }()

  static let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }()

  /// Decodes what a client sent; unknown fields are ignored.
  ///
  /// - Throws: the problem to answer with.
  static func decode<Value: Decodable>(_ type: Value.Type, from bytes: ByteBuffer) throws -> Value {
    do {
      return try decoder.decode(type, from: Data(bytes.readableBytesView))
    } catch let error as DecodingError {
      throw Problem(refusing: error, in: bytes, type)
    }
  }
}
