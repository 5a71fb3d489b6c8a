import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting

/// A problem as a client reads it.
struct ReadProblem: Decodable {
  struct Fault: Decodable, Equatable {
    let pointer: String
    let detail: String
  }

  let type: String
  let title: String
  let status: Int
  let detail: String?
  let errors: [Fault]?
  let instance: String?
}

extension TestResponse {
  var text: String { String(buffer: body) }

  func problem() throws -> ReadProblem {
    guard headers[.contentType] == "application/problem+json" else { throw NotAProblem(text: text) }
    return try JSONDecoder().decode(ReadProblem.self, from: Data(body.readableBytesView))
  }
}

struct NotAProblem: Error {
  let text: String
}

extension TestClientProtocol {
  func get(_ uri: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
    try await execute(uri: uri, method: .get, headers: headers, body: nil)
  }

  func post(_ uri: String, _ headers: HTTPFields, _ body: String) async throws -> TestResponse {
    try await execute(uri: uri, method: .post, headers: headers, body: ByteBuffer(string: body))
  }
}
