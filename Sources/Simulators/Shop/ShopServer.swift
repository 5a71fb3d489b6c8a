import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A simulated service of a shop: one collection of resources to be read, and `/simulator/…` to see and change how
/// its callers fare. A behaviour comes before what the resource itself is like.
struct ShopServer: Service {
  /// What a resource answers: after how long, and what.
  struct Resource: Sendable {
    let latency: Duration
    let status: HTTPResponse.Status
    let body: JSONValue
  }

  private static let longestHang = Duration.seconds(600)

  let state: ShopState
  private let server: SimulatorServer

  /// - Parameter resource: by its name, and how often it was asked for, this time included; nil when there is none.
  init(
    collection: String, _ configuration: ShopConfiguration, setting: String, state: ShopState, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void,
    resource: @escaping @Sendable (_ name: String, _ count: Int) -> Resource?
  ) {
    self.state = state
    let router = Router(context: SimulatorContext.self)
    router.get("/\(collection)/{name}") { [state] request, context in
      let name = try context.parameters.require("name")
      let (count, treatment) = state.arrive(at: "/\(collection)/\(name)", now: Date())
      return try await Self.answer(treatment, resource(name, count), state, context)
    }
    router.get("/simulator/behaviour") { [state] _, _ in Answer.json(state.behaviour.json) }
    router.get("/simulator/stats") { [state] _, _ in Answer.json(state.json) }
    router.post("/simulator/behaviour") { [state] request, _ in
      guard let json = try await request.json(limit: 1 << 20) else {
        return Answer.problem(.badRequest, "The body is not JSON.")
      }
      do throws(MalformedRequest) {
        try state.change { behaviour throws(MalformedRequest) in try behaviour.change(json, now: Date()) }
        return Answer.json(state.behaviour.json)
      } catch {
        return Answer.problem(.unprocessableContent, error.message)
      }
    }
    server = SimulatorServer(
      responder: router.buildResponder(), host: configuration.host, port: configuration.port,
      setting: setting, logger: logger, onListening: onListening)
  }

  func run() async throws {
    try await server.run()
  }

  private static func answer(
    _ treatment: Treatment, _ resource: Resource?, _ state: ShopState, _ context: SimulatorContext
  ) async throws -> Response {
    func counted(_ response: Response) -> Response {
      state.count("\(response.status.code)")
      return response
    }
    func drop() async throws -> Never {
      state.count("dropped")
      try await context.drop()
    }
    switch treatment {
    case .unauthorised, .refused(.unavailable):
      return counted(Answer.problem(.serviceUnavailable, "This server is not available."))
    case .refused(.closing): try await drop()
    case .throttled(let verdict):
      var response = Answer.problem(.tooManyRequests, "Too many requests: try again after \(verdict.wait) s.")
      response.headers[.retryAfter] = "\(verdict.wait)"
      return counted(response)
    case .admitted(let misfortune, let latency, _):
      try await pause(latency + (resource?.latency ?? .zero), context)
      let body = resource?.body ?? .null
      switch misfortune {
      case .serverError(let status):
        return counted(Answer.problem(.init(code: status), "Something went wrong here."))
      case .droppedBefore, .droppedAfter: try await drop()
      case .garbage:
        return counted(Answer.bytes(ByteBuffer(string: "{\"code\": <html>"), .ok, type: "application/json"))
      case .bigAnswer:
        let padding = String(repeating: " ", count: 5 << 20)
        return counted(
          Answer.bytes(
            ByteBuffer(string: padding + String(decoding: body.bytes, as: UTF8.self)), .ok,
            type: "application/json"))
      case .hanging:
        state.count("hung")
        try await pause(longestHang, context)
        try await context.drop()
      case nil: break
      }
      guard let resource else { return counted(Answer.problem(.notFound, "There is no such thing here.")) }
      return counted(
        resource.status == .ok
          ? Answer.json(resource.body) : Answer.problem(resource.status, "Something went wrong here."))
    }
  }

  /// Waits, but not longer than the server lives.
  private static func pause(_ duration: Duration, _ context: SimulatorContext) async throws {
    guard duration > .zero else { return }
    do {
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
    } catch is CancellationError {
      try await context.drop()
    }
  }
}
