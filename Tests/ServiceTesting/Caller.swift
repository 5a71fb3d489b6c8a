import Foundation
public import HTTPTypes
import Hummingbird
public import HummingbirdTesting

/// A client of the service, signed in unless a call says otherwise.
public struct Caller: Sendable {
  public let client: any TestClientProtocol
  public let token: String

  public init(client: any TestClientProtocol, token: String) {
    self.client = client
    self.token = token
  }

  public func get(_ uri: String, token: String? = nil) async throws -> TestResponse {
    try await client.execute(uri: uri, method: .get, headers: headers(token), body: nil)
  }

  public func send(
    _ method: HTTPRequest.Method, _ uri: String, _ body: String, token: String? = nil, key: String? = nil,
    contentType: String? = "application/json"
  ) async throws -> TestResponse {
    var headers = headers(token)
    headers[.contentType] = contentType
    headers[HTTPField.Name("idempotency-key")!] = key
    return try await client.execute(
      uri: uri, method: method, headers: headers, body: ByteBuffer(string: body))
  }

  /// - Parameter token: another than the caller's own; an empty one to send none.
  private func headers(_ token: String?) -> HTTPFields {
    let token = token ?? self.token
    return token.isEmpty ? [:] : [.authorization: "Bearer \(token)"]
  }
}

extension TestResponse {
  public var text: String { String(buffer: body) }

  public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(body.readableBytesView))
  }

  /// The problem's name and the places it points to: `"invalid-request /name"`.
  public var problem: String {
    guard headers[.contentType] == "application/problem+json", let problem = try? json(ReadProblem.self)
    else {
      return "no problem: \(status.code) \(text)"
    }
    let name = problem.type.replacing("urn:waybill:problem:", with: "")
    return ([name] + (problem.errors ?? []).map(\.pointer)).joined(separator: " ")
  }
}

private struct ReadProblem: Decodable {
  struct Fault: Decodable {
    let pointer: String
  }

  let type: String
  let errors: [Fault]?
}

public struct ReadPage<Item: Decodable & Sendable>: Decodable, Sendable {
  public let items: [Item]
  public let next: String?
}

/// What a reconciliation reports.
public struct ReadReport: Decodable, Equatable, Sendable {
  public var workflows: Int?
  public var withoutDelivery: Int?
  public var deliveries: Int?
  public var withoutWorkflow: Int?
  public var examples: [String]
  public var published: Int

  public init(
    workflows: Int? = nil, withoutDelivery: Int? = nil, deliveries: Int? = nil, withoutWorkflow: Int? = nil,
    examples: [String], published: Int
  ) {
    self.workflows = workflows
    self.withoutDelivery = withoutDelivery
    self.deliveries = deliveries
    self.withoutWorkflow = withoutWorkflow
    self.examples = examples
    self.published = published
  }
}
