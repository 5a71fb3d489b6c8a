import HTTPTypes
import Hummingbird
public import Logging
public import ServiceLifecycle

/// A GraphQL server that takes events, and can be told to be slow, strict, unreliable or away.
///
/// `POST /graphql` for the schema of ``Schema``, and `/simulator/…` to change its behaviour and to see what it
/// has received. Everything is in memory, and gone when it stops.
public struct TargetSimulator: Service {
  /// What it has received, and how it behaves.
  public let state: TargetState
  private let server: SimulatorServer

  /// - Parameter onListening: told the port, once requests are taken.
  public init(
    configuration: TargetConfiguration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    state = TargetState(configuration.behaviour, token: configuration.token)
    let router = Router(context: SimulatorContext.self)
    let endpoint = GraphQLEndpoint(state: state)
    router.post("/graphql") { request, context in try await endpoint.answer(request, context) }
    router.get("/graphql") { _, _ in
      var response = Answer.problem(.methodNotAllowed, "Send GraphQL with POST.")
      response.headers[.allow] = "POST"
      return response
    }
    TargetControls(state: state).add(to: router)
    server = SimulatorServer(
      responder: router.buildResponder(), host: configuration.host, port: configuration.port,
      setting: "TARGET_SIMULATOR_PORT",
      logger: logger, onListening: onListening)
  }

  /// Serves until told to stop. Throws ``SimulatorCannotListen`` when its port is not to be had.
  public func run() async throws {
    try await server.run()
  }
}
