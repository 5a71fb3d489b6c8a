import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import RoomTesting
import Storage
import Testing
import Tracing

@testable import HTTPAPI

/// Identities, traces, metrics and logs of requests.
@Suite struct TellingWhatHappened {
  let service: NotesService
  let metrics = RecordingMetrics.shared
  let tracer = RecordingTracer.shared

  init() throws { service = try NotesService() }

  /// Decides something and answers with the correlation id that the decision saw.
  private func deciding(_ change: (inout HTTPFields) -> Void) async throws -> TestResponse {
    var headers = try await service.signedIn()
    change(&headers)
    return try await service.app { api in
      api.decide(.post, "/contexts", scope: "notes:write") { call, work in
        .ok([
          "decision": work.context.correlationID ?? "none", "call": call.correlationID,
          "trace": work.context.testTraceParent ?? "none",
        ])
      }
    }.test(.router) { [headers] in try await $0.post("/contexts", headers, "") }
  }

  private func seen(_ response: TestResponse) throws -> [String: String] {
    try JSONDecoder().decode([String: String].self, from: Data(response.body.readableBytesView))
  }

  @Test func `the correlation id of the request reaches the decision and comes back`() async throws {
    let response = try await deciding { $0[.correlationID] = "order-4711" }
    #expect(response.headers[.correlationID] == "order-4711")
    let seen = try seen(response)
    #expect(seen["decision"] == "order-4711")
    #expect(seen["call"] == "order-4711")
  }

  @Test(arguments: [nil, "", "two words", "schön", String(repeating: "x", count: 129)])
  func `a request without a usable correlation id gets one`(_ given: String?) async throws {
    let response = try await deciding { $0[.correlationID] = given }
    let made = try #require(response.headers[.correlationID])
    #expect(UUID(uuidString: made) != nil)
    #expect(try seen(response)["decision"] == made)
  }

  @Test func `every response names its request, also when nothing was found`() async throws {
    let ids = try await service.app().test(.router) { client in
      var ids: Set<String> = []
      for path in ["/health/live", "/health/live", "/nowhere", "/notes/1"] {
        ids.insert(try #require(try await client.get(path).headers[.requestID]))
      }
      return ids
    }
    #expect(ids.count == 4)
  }

  @Test func `a decision belongs to the trace of its request`() async throws {
    let parent = "00-\(UUID().uuidString.lowercased().replacing("-", with: ""))-00f067aa0ba902b7-01"
    let response = try await deciding { $0[HTTPField.Name("traceparent")!] = parent }
    #expect(try seen(response)["trace"] == parent)
    let span = try #require(tracer.spans(ofTrace: parent).first)
    #expect(tracer.spans(ofTrace: parent).count == 1)
    #expect(span.operationName == "POST /contexts")
    #expect(span.kind == .server)
    #expect(span.hasEnded)
    #expect(span.attributes["http.route"]?.toSpanAttribute() == .string("/contexts"))
    #expect(span.attributes["http.response.status_code"]?.toSpanAttribute() == .int64(200))
    #expect(span.status == nil)
  }

  @Test func `the span of a failure says so`() async throws {
    let parent = "00-\(UUID())-failed"
    try await service.store.close()
    _ = try await deciding { $0[HTTPField.Name("traceparent")!] = parent }
    let span = try #require(tracer.spans(ofTrace: parent).first)
    #expect(span.status?.code == .error)
    #expect(span.hasEnded)
  }

  @Test func `requests are counted and timed by template, method and status`() async throws {
    let name = "metrics-\(UUID())"
    let api = API(service: name, store: service.store, verifier: service.verifier, openapi: "")
    api.read("/things/{id}", scope: "notes:read") { _ in .noContent }
    let headers = try await service.signedIn()
    try await api.application().test(.router) { client in
      for id in 0..<3 { _ = try await client.get("/things/\(id)", headers) }
      _ = try await client.get("/things/4")
      _ = try await client.get("/other/\(name)")
      for method in ["BREW", "WHEN"] {
        let method = try #require(HTTPRequest.Method(method))
        _ = try await client.execute(uri: "/things/1", method: method, headers: headers, body: nil)
      }
    }
    func count(_ label: String, _ route: String, _ method: String, _ status: String) -> Int {
      metrics.count(
        label, [("service", name), ("route", route), ("method", method), ("status", status)])
    }
    for label in ["http.server.requests", "http.server.request.duration"] {
      #expect(count(label, "/things/{id}", "GET", "204") == 3)
      #expect(count(label, "/things/{id}", "GET", "401") == 1)
      #expect(count(label, "unmatched", "GET", "404") == 1)
      #expect(count(label, "unmatched", "other", "404") == 2)
    }
  }

  @Test func `success is logged for who looks closely, the client's mistakes for everybody`() async throws {
    let log = LogCollector()
    let headers = try await service.signedIn()
    try await service.app(logger: log.logger).test(.router) { client in
      _ = try await client.post("/notes", headers, #"{"name":"one","secret":"in-the-body"}"#)
      _ = try await client.post("/notes", headers, #"{"secret":"in-the-body"}"#)
    }
    let entries = log.entries.filter { $0.message == "Answered a request" }
    #expect(entries.map(\.level) == [.debug, .info])
    #expect(entries.map { $0.metadata["http.status"] } == ["201", "422"])
    #expect(entries.allSatisfy { $0.metadata["http.route"] == "/notes" })
  }

  @Test func `neither tokens nor bodies are ever logged`() async throws {
    let log = LogCollector()
    var headers = try await service.signedIn(key: "k-1")
    let token = try #require(headers[.authorization]).dropFirst(7)
    try await service.app(logger: log.logger).test(.router) { [headers] client in
      _ = try await client.post("/notes", headers, #"{"name":"in-the-body"}"#)
      _ = try await client.post("/notes", headers, #"{"name":"in-the-body"}"#)
      _ = try await client.post("/notes", headers, #"{"name":["in-the-body"]}"#)
    }
    headers[.authorization] = "Bearer \(token)x"
    headers[.idempotencyKey] = nil
    try await service.app(logger: log.logger).test(.router) { [headers] client in
      _ = try await client.post("/notes", headers, #"{"name":"in-the-body"}"#)
    }
    let everything = "\(log.entries)"
    #expect(log.entries.count >= 4)
    #expect(!everything.contains("in-the-body"))
    #expect(!everything.contains(token))
  }
}
