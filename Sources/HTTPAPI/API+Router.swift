import HTTPTypes
public import Hummingbird

extension API {
  /// Everything this API answers, as Hummingbird sees it.
  public func responder() -> RouterResponder<ConnectionContext> {
    let router = Router(context: ConnectionContext.self, options: .autoGenerateHeadEndpoints)
    let routes = routes + openRoutes()
    for route in routes {
      router.on(RouterPath(route.path), method: route.method, responder: route.endpoint)
    }
    for (path, known) in Dictionary(grouping: routes, by: \.path) {
      refuseOtherMethods(path, known.map(\.method), router)
    }
    // A middleware added now wraps no route, only what the router does for a path it does not know.
    router.middlewares.add(Unmatched(service: service))
    return router.buildResponder()
  }

  /// Hummingbird answers 404 to a method that a path does not know. That says the wrong thing, so the
  /// other methods get a route too.
  private func refuseOtherMethods(
    _ path: String, _ known: [HTTPRequest.Method], _ router: Router<ConnectionContext>
  ) {
    let allowed = known.contains(.get) ? known + [.head] : known
    let endpoint = Endpoint(service: service, method: "other", route: path) { _, _, _ in
      throw Problem.methodNotAllowed(allowed)
    }
    let all: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
    for method in all where !allowed.contains(method) {
      router.on(RouterPath(path), method: method, responder: endpoint)
    }
  }
}

/// The answer to a path that no route matches.
private struct Unmatched: RouterMiddleware {
  private let endpoint: Endpoint

  init(service: String) {
    endpoint = Endpoint(service: service, method: "other", route: "unmatched") { _, _, _ in
      throw Problem.notFound("No route has this path.")
    }
  }

  func handle(
    _ request: Request, context: ConnectionContext,
    next: @concurrent (Request, ConnectionContext) async throws -> Response
  ) async throws -> Response {
    try await endpoint.respond(to: request, context: context)
  }
}
