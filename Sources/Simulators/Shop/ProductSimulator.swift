import HTTPTypes
public import Logging
public import ServiceLifecycle

/// A product service with three products: one that is well, one that takes a minute, and one that always fails.
public struct ProductSimulator: Service {
  public let state: ShopState
  private let server: ShopServer

  /// - Parameter onListening: told the port, once requests are taken.
  public init(
    configuration: ShopConfiguration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    state = ShopState()
    let slow = Duration.milliseconds(configuration.slowMilliseconds)
    server = ShopServer(
      collection: "products", configuration, setting: "PRODUCT_SIMULATOR_PORT", state: state, logger: logger,
      onListening: onListening
    ) { code, _ in
      switch code {
      case "classic-box":
        ShopServer.Resource(
          latency: .milliseconds(200), status: .ok,
          body: ["code": .string(code), "name": "Classic Box", "price": .number(9.99)])
      case "family-box":
        ShopServer.Resource(
          latency: slow, status: .ok,
          body: ["code": .string(code), "name": "Family Box", "price": .number(14.99)])
      case "veggie-box":
        ShopServer.Resource(latency: .zero, status: .internalServerError, body: .null)
      default: nil
      }
    }
  }

  /// Serves until told to stop. Throws ``SimulatorCannotListen`` when its port is not to be had.
  public func run() async throws {
    try await server.run()
  }
}
