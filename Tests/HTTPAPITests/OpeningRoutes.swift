import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPAPI

/// Routes that anybody may ask, and where from.
@Suite struct OpeningRoutes {
  struct Greeting: Decodable, Sendable {
    let name: String
  }

  let service: NotesService

  init() throws { service = try NotesService() }

  private func open(_ api: API) {
    api.openRead("/who") { call in .ok([call.principal.subject, call.remoteAddress ?? "nowhere"]) }
    api.openAct(.post, "/greetings", Greeting.self) { call, greeting in
      .ok([greeting.name, call.principal.subject])
    }
  }

  @Test(arguments: [nil, "Bearer made.up.token", "Basic YTpi", "nonsense"])
  func `an open route needs no token, and looks at none`(_ authorization: String?) async throws {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.authorization] = authorization
    try await service.app(open).test(.router) { [headers] client in
      let asked = try await client.get("/who", headers)
      #expect(asked.text == #"["anonymous","nowhere"]"#)
      let greeted = try await client.post("/greetings", headers, #"{"name":"ada"}"#)
      #expect(greeted.text == #"["ada","anonymous"]"#)
    }
    #expect(service.issuer.fetches == 0)
  }

  @Test func `a good token makes nobody known on an open route`() async throws {
    let headers = try await service.signedIn(subject: "grace")
    let text = try await service.app(open).test(.router) { try await $0.get("/who", headers).text }
    #expect(text == #"["anonymous","nowhere"]"#)
  }

  @Test func `what an open route is sent is read as strictly as anywhere`() async throws {
    try await service.app(open).test(.router) { client in
      let json: HTTPFields = [.contentType: "application/json"]
      let misfit = try await client.post("/greetings", json, #"{"name":1}"#)
      #expect(misfit.status == .unprocessableContent)
      let untyped = try await client.post("/greetings", [:], #"{"name":"ada"}"#)
      #expect(untyped.status == .unsupportedMediaType)
      let name = String(repeating: "a", count: 1 << 20)
      let long = try await client.post("/greetings", json, #"{"name":"\#(name)"}"#)
      #expect(long.status == .contentTooLarge)
      let posted = try await client.execute(uri: "/who", method: .post)
      #expect(posted.status == .methodNotAllowed)
    }
  }

  @Test func `the other routes still ask for a token`() async throws {
    let status = try await service.app(open).test(.router) { try await $0.get("/notes/1").status }
    #expect(status == .unauthorized)
  }

  /// Where a service with so many trusted proxies believes a request comes from, over a real connection.
  private func address(_ headers: [String], trusted: Int) async throws -> String {
    let api = API(
      service: "notes", store: service.store, verifier: service.verifier, openapi: "",
      trustedProxies: trusted)
    api.openRead("/from") { call in .ok(call.remoteAddress ?? "nowhere") }
    return try await api.application().test(.live) { client in
      var request = HTTPClientRequest(url: "http://127.0.0.1:\(try #require(client.port))/from")
      for header in headers { request.headers.add(name: "x-forwarded-for", value: header) }
      let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
      let body = try await response.body.collect(upTo: 1000)
      return try JSONDecoder().decode(String.self, from: Data(body.readableBytesView))
    }
  }

  @Test(arguments: [[], ["203.0.113.7"], ["203.0.113.7, 198.51.100.1"], ["::1"]])
  func `without trusted proxies nobody is believed but the connection`(_ headers: [String])
    async throws
  {
    let address = try await address(headers, trusted: 0)
    #expect(address == "127.0.0.1")
  }

  @Test(arguments: [
    (["203.0.113.7"], "203.0.113.7"),
    (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
    (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
    (["6.6.6.6,203.0.113.7 "], "203.0.113.7"),
    (["garbage, \t203.0.113.7"], "203.0.113.7"),
    (["2001:db8::7"], "2001:db8::7"),
    (["6.6.6.6, 2001:db8::7"], "2001:db8::7"),
  ])
  func `one trusted proxy is believed about who asked it, and nothing further to the left`(
    _ headers: [String], _ expected: String
  ) async throws {
    let address = try await address(headers, trusted: 1)
    #expect(address == expected)
  }

  @Test(arguments: [
    (["203.0.113.7, 198.51.100.1"], "203.0.113.7"),
    (["203.0.113.7", "198.51.100.1"], "203.0.113.7"),
    (["6.6.6.6, 203.0.113.7, 198.51.100.1"], "203.0.113.7"),
    (["2001:db8::7, 2001:db8::1"], "2001:db8::7"),
  ])
  func `of two trusted proxies the outer one saw the client`(
    _ headers: [String], _ expected: String
  ) async throws {
    let address = try await address(headers, trusted: 2)
    #expect(address == expected)
  }

  @Test(arguments: [
    [], [""], [","], ["garbage"], ["203.0.113.7, unknown"], ["203.0.113.7, "], ["203.0.113.7:8080"],
    ["[2001:db8::7]:8080"], ["203.0.113"], ["203.0.113.7; drop"],
  ])
  func `what a proxy says that is no address leaves the connection's own`(_ headers: [String])
    async throws
  {
    let address = try await address(headers, trusted: 1)
    #expect(address == "127.0.0.1")
  }

  @Test(arguments: [["203.0.113.7"], [], ["garbage"]])
  func `a request that came past the outer proxy is not believed`(_ headers: [String]) async throws {
    let address = try await address(headers, trusted: 2)
    #expect(address == "127.0.0.1")
  }
}
