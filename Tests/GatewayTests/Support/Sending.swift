import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceTesting
import Testing

/// What a source writes as an event, unless a test says otherwise.
func event(
  _ id: String, name: String = "order", body: String = "b", timestamp: String = "2026-01-31T12:00:00Z"
) throws -> String {
  let members = ["id": id, "name": name, "body": body, "timestamp": timestamp]
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(members), as: UTF8.self)
}

extension Caller {
  /// A new source, by REST.
  func addSource(
    _ name: String = "shop", brand: String = "acme", kind: String = "key"
  ) async throws -> ReadIssued {
    let body = try JSONEncoder().encode(["name": name, "brand": brand, "kind": kind])
    let answer = try await send(.post, "/sources", String(decoding: body, as: UTF8.self))
    try #require(answer.status == .created, "\(answer.text)")
    return try answer.json()
  }

  /// Hands something over as a source does.
  func hand(
    _ body: String, key: String, to path: String = "/events", correlation: String? = nil
  ) async throws -> TestResponse {
    var headers: HTTPFields = [.authorization: "Bearer \(key)"]
    headers[HTTPField.Name("x-correlation-id")!] = correlation
    return try await hand(Array(body.utf8), headers, to: path)
  }

  func hand(
    _ body: [UInt8], _ headers: HTTPFields, to path: String = "/events"
  ) async throws -> TestResponse {
    try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: body))
  }

  /// Whatever it may be: its id in the path is percent-encoded.
  func story(_ id: String) async throws -> ReadStory {
    let answer = try await get("/events/\(try path(id))")
    try #require(answer.status == .ok, "\(answer.text)")
    return try answer.json()
  }

  func rejections(_ query: String = "") async throws -> ReadPage<ReadRejection> {
    try await get("/rejections\(query)").json()
  }

  /// The newest, with what was sent.
  func lastRejection() async throws -> ReadRejection {
    let newest = try #require(try await rejections("?limit=1").items.first)
    return try await get("/rejections/\(newest.id)").json()
  }
}

func path(_ text: String) throws -> String {
  try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
}
