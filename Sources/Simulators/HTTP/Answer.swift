import HTTPTypes
import Hummingbird
import NIOCore

/// Answers in JSON.
enum Answer {
  static func json(
    _ value: JSONValue, _ status: HTTPResponse.Status = .ok, type: String = "application/json"
  ) -> Response {
    bytes(ByteBuffer(bytes: value.bytes), status, type: type)
  }

  static func bytes(_ buffer: ByteBuffer, _ status: HTTPResponse.Status, type: String) -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: buffer))
  }

  /// Problem details (RFC 9457).
  static func problem(_ status: HTTPResponse.Status, _ detail: String) -> Response {
    json(
      [
        "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(status.code),
        "detail": .string(detail),
      ],
      status, type: "application/problem+json")
  }
}

extension Request {
  /// The JSON of the body; nil when it is none.
  func json(limit: Int) async throws -> JSONValue? {
    let bytes = try await body.collect(upTo: limit)
    return try? JSONValue(parsing: bytes)
  }

  /// A whole number out of the query.
  /// - Throws: a sentence for the client.
  func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(MalformedRequest)
    -> Int
  {
    guard let text = uri.queryParameters[Substring(name)] else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw MalformedRequest(
        "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }
}
