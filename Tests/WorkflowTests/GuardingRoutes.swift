import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Who may ask, and what is read at all.
@Suite struct GuardingRoutes {
  static let routes: [(HTTPRequest.Method, String, Scope)] = [
    (.get, "/api/workflow/workflows", "workflows:read"),
    (.post, "/api/workflow/workflows", "workflows:write"),
    (.get, "/api/workflow/workflows/w1", "workflows:read"),
    (.get, "/api/workflow/workflows/w1/tasks", "workflows:read"),
    (.patch, "/api/workflow/workflows/w1/tasks/PREPARE", "workflows:write"),
    (.post, "/api/workflow/reconcile", "workflows:write"),
    (.get, "/dead-letters", "dead-letters:read"),
    (.get, "/dead-letters/l1", "dead-letters:read"),
    (.post, "/dead-letters/redrive", "dead-letters:write"),
    (.post, "/dead-letters/discard", "dead-letters:write"),
  ]

  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `every route wants a token, a good one, with its scope`() async throws {
    let expired = try await bench.key.token(
      subject: "ada", scopes: TestBench.everything, at: .now - .hours(2))
    try await bench.serving { caller in
      for (method, path, scope) in Self.routes {
        let others = TestBench.everything.subtracting([scope])
        let poor = try await bench.key.token(subject: "ada", scopes: others)
        let none = try await caller.send(method, path, "{}", token: "")
        let late = try await caller.send(method, path, "{}", token: expired)
        let narrow = try await caller.send(method, path, "{}", token: poor)
        #expect(none.status == .unauthorized && none.problem == "token-missing", "\(method) \(path)")
        #expect(none.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true, "\(method) \(path)")
        #expect(late.status == .unauthorized && late.problem == "token-invalid", "\(method) \(path)")
        #expect(narrow.status == .forbidden && narrow.problem == "insufficient-scope", "\(method) \(path)")
      }
    }
    #expect(try await bench.published().isEmpty)
  }

  @Test func `what is too large, no JSON or said to be none is not read`() async throws {
    let large = #"{"name":"\#(String(repeating: "x", count: 10 << 20))"}"#
    try await bench.serving { caller in
      let tooLarge = try await caller.send(.post, Caller.workflows, large)
      #expect(tooLarge.status == .contentTooLarge)
      #expect(tooLarge.problem == "body-too-large")
      for body in ["", "name=Tax", #"{"name":"Tax""#] {
        let broken = try await caller.send(.post, Caller.workflows, body)
        #expect(broken.status == .badRequest)
        #expect(broken.problem == "bad-request")
      }
      for kind in ["text/plain", nil] {
        let other = try await caller.send(.post, Caller.workflows, #"{"name":"Tax"}"#, contentType: kind)
        #expect(other.status == .unsupportedMediaType)
        #expect(other.problem == "unsupported-media-type")
      }
      let key = try await caller.send(.post, Caller.workflows, #"{"name":"Tax"}"#, key: "")
      #expect(key.status == .badRequest)
    }
    #expect(try await bench.published().isEmpty)
  }

  @Test func `a method that a path does not know is told which it knows`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.send(.delete, Caller.workflows, "")
      #expect(answer.status == .methodNotAllowed)
      #expect(answer.headers[.allow] == "GET, HEAD, POST")
    }
  }

  @Test func `health, metrics and the contract are open`() async throws {
    try await bench.serving { caller in
      for path in ["/health/live", "/health/ready", "/metrics", "/openapi.yaml"] {
        #expect(try await caller.get(path, token: "").status == .ok, "\(path)")
      }
      let contract = try await caller.get("/openapi.yaml", token: "")
      #expect(contract.headers[.contentType] == "application/yaml")
      #expect(contract.text.hasPrefix("openapi: 3.1"))
    }
  }
}
