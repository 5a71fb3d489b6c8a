import HTTPTypes
public import Logging
public import ServiceLifecycle

/// A user service with two users: one who is always well, and one whose every other request fails, the first of them
/// to begin with.
public struct UserSimulator: Service {
  private static let latency = Duration.milliseconds(300)

  public let state: ShopState
  private let server: ShopServer

  /// - Parameter onListening: told the port, once requests are taken.
  public init(
    configuration: ShopConfiguration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    state = ShopState()
    server = ShopServer(
      collection: "users", configuration, setting: "USER_SIMULATOR_PORT", state: state, logger: logger,
      onListening: onListening
    ) { id, count in
      switch id {
      case "7c11e1ce2741": Self.person(id, "Ada", "Lovelace")
      case "e6f24d7d1c7e":
        count.isMultiple(of: 2)
          ? Self.person(id, "Alan", "Turing")
          : ShopServer.Resource(latency: Self.latency, status: .internalServerError, body: .null)
      default: nil
      }
    }
  }

  private static func person(_ id: String, _ first: JSONValue, _ last: JSONValue) -> ShopServer.Resource {
    ShopServer.Resource(
      latency: latency, status: .ok, body: ["id": .string(id), "firstName": first, "lastName": last])
  }

  /// Serves until told to stop. Throws ``SimulatorCannotListen`` when its port is not to be had.
  public func run() async throws {
    try await server.run()
  }
}
