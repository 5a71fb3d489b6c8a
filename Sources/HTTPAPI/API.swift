public import HTTPTypes
import Hummingbird
public import Storage

/// The routes of one service.
///
/// A route is a *read*, which decides nothing, a *decision*, which is one unit of work, or an *act*, which
/// is anything else. Each needs a scope; open are health, metrics and the contract, and what a service opens
/// itself: to sign up, one cannot have a token yet.
///
///     let api = API(service: "delivery", store: store, verifier: verifier, openapi: contract)
///     api.read("/api/delivery/deliveries/{id}", scope: "deliveries:read") { call in … }
///     api.decide(.put, "/api/delivery/deliveries/{id}", scope: "deliveries:write", Change.self) {
///       call, change, work in …
///     }
///     let server = api.server(host: "127.0.0.1", port: 8082, setting: "DELIVERY_PORT")
///
/// Declare every route first, then take the server.
public final class API {
  struct Route {
    let method: HTTPRequest.Method
    let path: String
    let endpoint: Endpoint
  }

  let service: String
  let store: Store
  let verifier: TokenVerifier
  let openapi: String
  let metrics: (@Sendable () -> String)?
  let bodyLimit: Int
  let trustedProxies: Int
  private(set) var routes: [Route] = []
  private(set) var checks: [ReadinessCheck] = []

  /// - Parameters:
  ///   - service: the name in metrics: `"delivery"`.
  ///   - openapi: the contract, served at `/openapi.yaml`.
  ///   - metrics: what `/metrics` shows; nil when a ``MetricsServer`` shows it on a port of its own.
  ///   - bodyLimit: in bytes; what is longer is answered with 413 and never held in memory.
  ///   - trustedProxies: how many proxies in front of the service append to `X-Forwarded-For`: what they say is
  ///     believed, and nothing before it.
  public init(
    service: String, store: Store, verifier: TokenVerifier, openapi: String,
    metrics: (@Sendable () -> String)? = nil, bodyLimit: Int = 1 << 20, trustedProxies: Int = 0
  ) {
    self.service = service
    self.store = store
    self.verifier = verifier
    self.openapi = openapi
    self.metrics = metrics
    self.bodyLimit = bodyLimit
    self.trustedProxies = trustedProxies
  }

  /// A GET that decides nothing.
  ///
  /// - Parameter path: with its parameters in braces: `"/api/delivery/deliveries/{id}"`.
  public func read(
    _ path: String, scope: Scope, _ answer: @escaping @Sendable (Call) async throws -> Reply
  ) {
    add(.get, path, scope) { call, _, _ in try await answer(call) }
  }

  /// A request that is decided in one unit of work.
  ///
  /// With an `Idempotency-Key` the reply is remembered in the same unit of work, and the same request gets
  /// it again instead of a second effect. When the decision throws, everything is rolled back and nothing is
  /// remembered: the same key may try again.
  ///
  /// `decision` runs on the store's writing thread and may run a second time; see ``Store/write(_:)``.
  public func decide<Body: Decodable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, scope: Scope, _ body: Body.Type,
    _ decision: @escaping @Sendable (Call, Body, UnitOfWork) throws -> Reply
  ) {
    add(method, path, scope) { [store, bodyLimit] call, request, _ in
      let bytes = try await IncomingBody.readJSON(request, limit: bodyLimit)
      let body = try JSON.decode(Body.self, from: bytes)
      let key = try IdempotencyKey(of: call, body: bytes)
      return try await store.write { work in
        try work.once(key) { try decision(call, body, work) }
      }
    }
  }

  /// A request without a body that is decided in one unit of work.
  ///
  /// `Idempotency-Key` is honoured as for a request with a body.
  public func decide(
    _ method: HTTPRequest.Method, _ path: String, scope: Scope,
    _ decision: @escaping @Sendable (Call, UnitOfWork) throws -> Reply
  ) {
    add(method, path, scope) { [store, bodyLimit] call, request, _ in
      var key: IdempotencyKey?
      if call.headers[.idempotencyKey] != nil {
        key = try IdempotencyKey(of: call, body: try await IncomingBody.read(request, limit: bodyLimit))
      }
      return try await store.write { [key] work in
        try work.once(key) { try decision(call, work) }
      }
    }
  }

  /// A request that takes several units of work, or none. Its `Idempotency-Key` is not looked at.
  public func act<Body: Decodable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, scope: Scope, _ body: Body.Type,
    _ action: @escaping @Sendable (Call, Body) async throws -> Reply
  ) {
    add(method, path, scope) { [bodyLimit] call, request, _ in
      let bytes = try await IncomingBody.readJSON(request, limit: bodyLimit)
      return try await action(call, try JSON.decode(Body.self, from: bytes))
    }
  }

  /// A request without a body that takes several units of work, or none.
  public func act(
    _ method: HTTPRequest.Method, _ path: String, scope: Scope,
    _ action: @escaping @Sendable (Call) async throws -> Reply
  ) {
    add(method, path, scope) { call, _, _ in try await action(call) }
  }

  /// Something that must be well before this service wants requests; shown in `/health/ready`.
  ///
  /// Not the broker: a service that writes to its outbox accepts work without one.
  public func readiness(_ name: String, _ check: @escaping @Sendable () async -> ReadinessResult) {
    checks.append(ReadinessCheck(name: name, check: check))
  }

  /// A GET that anybody may ask, with or without a token. The principal is ``Principal/anonymous``.
  public func openRead(_ path: String, _ answer: @escaping @Sendable (Call) async throws -> Reply) {
    add(.get, path, nil) { call, _, _ in try await answer(call) }
  }

  /// A request that anybody may make, with or without a token. The principal is ``Principal/anonymous``.
  ///
  /// Its `Idempotency-Key` is not looked at: answers to who is not known yet hold secrets, which are not kept.
  public func openAct<Body: Decodable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, _ body: Body.Type,
    _ action: @escaping @Sendable (Call, Body) async throws -> Reply
  ) {
    add(method, path, nil) { [bodyLimit] call, request, _ in
      let bytes = try await IncomingBody.readJSON(request, limit: bodyLimit)
      return try await action(call, try JSON.decode(Body.self, from: bytes))
    }
  }

  /// A request of whoever proves himself in a way of his own, and whose body is read as it comes.
  ///
  /// - Parameter patience: how long the body may take; then the connection is closed.
  public func openRaw(
    _ method: HTTPRequest.Method, _ path: String, patience: Duration = .seconds(30),
    _ action: @escaping @Sendable (Call, RawBody) async throws -> Reply
  ) {
    add(method, path, nil) { [bodyLimit] call, request, context in
      try await action(
        call, try await RawBody(request, limit: bodyLimit, patience: patience, on: context.channel))
    }
  }

  /// - Parameter scope: nil for an open route.
  func add(
    _ method: HTTPRequest.Method, _ path: String, _ scope: Scope?,
    _ answer: @escaping @Sendable (Call, Request, ConnectionContext) async throws -> Reply
  ) {
    let endpoint = Endpoint(service: service, method: method.rawValue, route: path) {
      [store, verifier, trustedProxies] request, context, identity in
      var principal = Principal.anonymous
      if let scope {
        principal = try await verifier.principal(of: request.headers)
        guard principal.scopes.contains(scope) else { throw Problem.insufficientScope(scope) }
      }
      let call = Call(
        principal: principal, method: request.method, headers: request.headers,
        requestID: identity.requestID, correlationID: identity.correlationID, path: request.uri.path,
        remoteAddress: context.remoteAddress(of: request, trustedProxies: trustedProxies),
        rawQuery: request.uri.query, parameters: context.parameters,
        queryParameters: request.uri.queryParameters)
      // Nobody watches on with a token that does not count any more.
      return try await answer(call, request, context).ending(
        after: principal.expires.map { $0.since(store.now) })
    }
    routes.append(Route(method: method, path: path, endpoint: endpoint))
  }
}
