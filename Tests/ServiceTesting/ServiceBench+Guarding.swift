public import HTTPAPI
public import HTTPTypes
import HummingbirdTesting
import Storage
public import Testing

// What holds for the routes of every service: who may ask, and what is read at all.

/// A route, and what a token must say to use it.
public struct GuardedRoute: Sendable {
  public let method: HTTPRequest.Method
  public let path: String
  public let scope: Scope

  public init(_ method: HTTPRequest.Method, _ path: String, _ scope: Scope) {
    self.method = method
    self.path = path
    self.scope = scope
  }

  /// Those that the host gives every service.
  public static let ofEveryService: [GuardedRoute] = [
    .init(.get, "/dead-letters", "dead-letters:read"),
    .init(.get, "/dead-letters/groups", "dead-letters:read"),
    .init(.get, "/dead-letters/l1", "dead-letters:read"),
    .init(.post, "/dead-letters/redrive", "dead-letters:write"),
    .init(.get, "/dead-letters/redrives", "dead-letters:read"),
    .init(.get, "/dead-letters/redrives/r1", "dead-letters:read"),
    .init(.post, "/dead-letters/redrives/r1/cancel", "dead-letters:write"),
    .init(.post, "/dead-letters/discard", "dead-letters:write"),
  ]
}

extension ServiceBench {
  /// Expects that each route wants a token, a good one, with its scope; and that the service's other routes are open.
  public func expectGuarded(
    _ routes: [GuardedRoute], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let routes = routes + GuardedRoute.ofEveryService
    let every = Set(routes.map(\.scope))
    let expired = try await key.token(subject: "ada", scopes: every, at: .now - .hours(2))
    try await serving { caller in
      for route in routes {
        let poor = try await token("ada", scopes: every.subtracting([route.scope]))
        let ask = { token in try await caller.send(route.method, route.path, "{}", token: token) }
        let (none, late, narrow) = try await (ask(""), ask(expired), ask(poor))
        let name = "\(route.method) \(route.path)"
        #expect(none.status == .unauthorized, "\(name)", sourceLocation: sourceLocation)
        #expect(none.problem == "token-missing", "\(name)", sourceLocation: sourceLocation)
        #expect(
          none.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true, "\(name)",
          sourceLocation: sourceLocation)
        #expect(late.status == .unauthorized, "\(name)", sourceLocation: sourceLocation)
        #expect(late.problem == "token-invalid", "\(name)", sourceLocation: sourceLocation)
        #expect(narrow.status == .forbidden, "\(name)", sourceLocation: sourceLocation)
        #expect(narrow.problem == "insufficient-scope", "\(name)", sourceLocation: sourceLocation)
      }
      for path in ["/health/live", "/health/ready", "/metrics", "/openapi.yaml"] {
        let answer = try await caller.get(path, token: "")
        #expect(answer.status == .ok, "\(path)", sourceLocation: sourceLocation)
      }
      let contract = try await caller.get("/openapi.yaml", token: "")
      #expect(contract.headers[.contentType] == "application/yaml", sourceLocation: sourceLocation)
      #expect(contract.text.hasPrefix("openapi: 3.1"), sourceLocation: sourceLocation)
    }
    let published = try await published()
    #expect(published.isEmpty, sourceLocation: sourceLocation)
  }

  /// Expects that a collection does not read what is too large, no JSON, or said to be none; and that a method it
  /// does not know is answered with those it knows.
  /// - Parameter good: what it would read.
  public func expectNothingRead(
    by collection: String, good: String = #"{"name":"Tax"}"#,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let large = #"{"name":"\#(String(repeating: "x", count: 10 << 20))"}"#
    try await serving { caller in
      let tooLarge = try await caller.send(.post, collection, large)
      #expect(tooLarge.status == .contentTooLarge, sourceLocation: sourceLocation)
      #expect(tooLarge.problem == "body-too-large", sourceLocation: sourceLocation)
      for body in ["", "name=Tax", String(good.dropLast())] {
        let broken = try await caller.send(.post, collection, body)
        #expect(broken.status == .badRequest, "\(body)", sourceLocation: sourceLocation)
        #expect(broken.problem == "bad-request", "\(body)", sourceLocation: sourceLocation)
      }
      for kind in ["text/plain", nil] {
        let other = try await caller.send(.post, collection, good, contentType: kind)
        #expect(other.status == .unsupportedMediaType, sourceLocation: sourceLocation)
        #expect(other.problem == "unsupported-media-type", sourceLocation: sourceLocation)
      }
      let key = try await caller.send(.post, collection, good, key: "")
      #expect(key.status == .badRequest, sourceLocation: sourceLocation)
      let unknown = try await caller.send(.delete, collection, "")
      #expect(unknown.status == .methodNotAllowed, sourceLocation: sourceLocation)
      #expect(unknown.headers[.allow] == "GET, HEAD, POST", sourceLocation: sourceLocation)
    }
    let published = try await published()
    #expect(published.isEmpty, sourceLocation: sourceLocation)
  }
}
