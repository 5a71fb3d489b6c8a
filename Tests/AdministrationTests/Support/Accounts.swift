import Contracts
import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Administration

/// What a client has after it signed up, logged in or refreshed.
struct ReadAccess: Decodable, Sendable {
  let user: ReadUser
  let jwt: String
  let refreshToken: String
  let expiresIn: Int
}

struct ReadUser: Decodable, Hashable, Sendable {
  let id: String
  let email: String
  let role: String
  let createdAt: String
  let updatedAt: String
}

struct ReadSession: Decodable, Hashable, Sendable {
  let id: String
  let createdAt: String
  let lastUsedAt: String
  let expiresAt: String
}

let ada = "ada@example.org"
let password = "correct horse"

extension ServiceBench {
  /// Lets `body` call the service's routes as somebody who has no token.
  func visited(_ body: @Sendable (Caller) async throws -> Void) async throws {
    try await host.api().application(logger: logger).test(.router) { client in
      try await body(Caller(client: client, token: ""))
    }
  }

  /// The token of somebody who may do everything.
  func operatorToken() async throws -> String {
    try await token("operator", scopes: AdministrationService.allScopes)
  }

  /// How many rows there are of what accounts consist of, and of what is told about them.
  func accountRows() async throws -> [Int] {
    var rows: [Int] = []
    for table in ["users", "sessions", "refresh_tokens", "outbox", "idempotency"] {
      rows.append(try await count("SELECT count(*) FROM \(table)"))
    }
    return rows
  }
}

extension Caller {
  func signUp(_ email: String = ada, _ password: String = password) async throws -> ReadAccess {
    let answer = try await credentials("/users", email, password)
    try #require(answer.status == .created, "\(answer.text)")
    return try answer.json()
  }

  func logIn(
    _ email: String = ada, _ password: String = password, from address: String? = nil
  ) async throws -> TestResponse {
    try await credentials("/sessions", email, password, from: address)
  }

  /// - Parameter address: what the proxy in front says of the client.
  func credentials(
    _ path: String, _ email: String, _ password: String, from address: String? = nil
  ) async throws -> TestResponse {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[HTTPField.Name("x-forwarded-for")!] = address
    let body = try JSONEncoder().encode(["email": email, "password": password])
    return try await client.execute(
      uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: body))
  }

  func refresh(_ token: String) async throws -> TestResponse {
    try await send(.post, "/sessions/refresh", #"{"refreshToken":"\#(token)"}"#)
  }

  func logOut(_ token: String) async throws -> TestResponse {
    try await send(.post, "/sessions/logout", #"{"refreshToken":"\#(token)"}"#)
  }

  func sessions(_ token: String) async throws -> [ReadSession] {
    try await get("/sessions", token: token).json(ReadPage<ReadSession>.self).items
  }

  func changePassword(_ current: String, _ new: String, token: String) async throws -> TestResponse {
    try await send(
      .put, "/users/me/password", #"{"currentPassword":"\#(current)","newPassword":"\#(new)"}"#, token: token)
  }
}

extension TestResponse {
  /// The names in the JSON object at a place of the body.
  func names(in path: String...) throws -> Set<String> {
    var object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
    for name in path { object = object?[name] as? [String: Any] }
    return Set(try #require(object).keys)
  }

  var retryAfter: Int? { headers[.retryAfter].flatMap { Int($0) } }
}
