import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import HTTPAPI

/// From a path and a method to a route, its parameters and its page.
@Suite struct FindingRoutes {
  let service: NotesService

  init() throws { service = try NotesService() }

  @Test(arguments: ["/", "/nowhere", "/notes/1/2", "/Notes", "/../notes"])
  func `a path that nobody knows is a problem`(_ path: String) async throws {
    let response = try await service.app().test(.router) { try await $0.get(path) }
    #expect(response.status == .notFound)
    #expect(try response.problem().type == "urn:waybill:problem:not-found")
    #expect(response.headers[.requestID] != nil)
  }

  @Test(arguments: [
    (HTTPRequest.Method.delete, "/notes", "POST"), (.put, "/notes/1", "GET, HEAD"),
    (.get, "/notes", "POST"), (.post, "/health/live", "GET, HEAD"), (.options, "/notes", "POST"),
  ])
  func `a method that a path does not know is told which it does`(
    _ method: HTTPRequest.Method, _ path: String, _ allowed: String
  ) async throws {
    let response = try await service.app().test(.router) { client in
      try await client.execute(uri: path, method: method, headers: [:], body: nil)
    }
    #expect(response.status == .methodNotAllowed)
    #expect(response.headers[.allow] == allowed)
    #expect(try response.problem().type == "urn:waybill:problem:method-not-allowed")
  }

  @Test func `HEAD is GET without the body`() async throws {
    try await service.app().test(.router) { client in
      let head = try await client.execute(uri: "/health/live", method: .head, headers: [:], body: nil)
      #expect(head.status == .ok)
      #expect(head.text.isEmpty)
      #expect(head.headers[.contentLength] == "18")
    }
  }

  @Test func `a parameter is percent-decoded`() async throws {
    let headers = try await service.signedIn()
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes", headers, #"{"name":"a/b ä"}"#)
      let found = try await client.get("/notes/a%2Fb%20%C3%A4", headers)
      #expect(found.text == #"{"name":"a/b ä","reader":"ada"}"#)
      let broken = try await client.get("/notes/%FF%FE", headers)
      #expect(broken.status == .badRequest)
    }
  }

  @Test func `an identity is taken from the path`() async throws {
    enum NoteKind {}
    let headers = try await service.signedIn()
    let response = try await service.app { api in
      api.act(.post, "/notes/{id}/reading", scope: "notes:read") { call in
        let id: EntityID<NoteKind> = try call.id()
        return .accepted(["id": id.rawValue], location: "/readings/\(id)")
      }
    }.test(.router) { try await $0.post("/notes/n-7/reading", headers, "") }
    #expect(response.status == .accepted)
    #expect(response.headers[.location] == "/readings/n-7")
    #expect(response.text == #"{"id":"n-7"}"#)
  }

  @Test func `a parameter that the template lacks is the service's fault`() async throws {
    let headers = try await service.signedIn()
    let response = try await service.app { api in
      api.read("/mistakes", scope: "notes:read") { call in .ok(try call.parameter("id")) }
    }.test(.router) { try await $0.get("/mistakes", headers) }
    #expect(response.status == .internalServerError)
  }

  /// Answers with the page that was asked for.
  private func page(_ query: String) async throws -> TestResponse {
    let headers = try await service.signedIn()
    return try await service.app { api in
      api.read("/pages", scope: "notes:read") { call in
        let page = try call.page()
        return .ok(["limit": "\(page.limit)", "after": page.after ?? "start"])
      }
    }.test(.router) { try await $0.get("/pages\(query)", headers) }
  }

  @Test func `a page is asked for by limit and cursor`() async throws {
    let cursor = try #require(Page(fetched: ["a", "b"], limit: 1, key: { $0 }).next)
    #expect(try await page("").text == #"{"after":"start","limit":"50"}"#)
    #expect(try await page("?limit=7&cursor=\(cursor)").text == #"{"after":"a","limit":"7"}"#)
    #expect(try await page("?limit=100000").text == #"{"after":"start","limit":"500"}"#)
  }

  @Test(arguments: [
    ("?limit=0", "/limit"), ("?limit=-1", "/limit"), ("?limit=many", "/limit"), ("?limit=", "/limit"),
    ("?cursor=x", "/cursor"), ("?cursor=%FF", "/cursor"), ("?cursor=", "/cursor"),
  ])
  func `a page that cannot be understood is pointed at`(_ query: String, _ pointer: String) async throws {
    let response = try await page(query)
    #expect(response.status == .unprocessableContent)
    #expect(try response.problem().errors?.map(\.pointer) == [pointer])
  }
}
