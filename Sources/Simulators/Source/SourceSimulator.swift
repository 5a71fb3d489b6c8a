import AsyncHTTPClient
import Foundation
import Hummingbird
public import Logging
public import ServiceLifecycle

/// A source of events that calls once for each, waits half a second for a 2xx, and never calls again.
///
/// `POST /simulator/send` for a number of events at a rate, `POST /simulator/rate` for a steady flow, and
/// `GET /simulator/stats` for what became of them. The key or secret that it shows is never told.
public struct SourceSimulator: Service {
  enum Order: Sendable {
    /// Replaces what runs.
    case run(SourceState.Run)
    case stop
  }

  public let state = SourceState()
  private let configuration: SourceConfiguration
  private let server: SimulatorServer
  private let orders: AsyncStream<Order>
  private let order: AsyncStream<Order>.Continuation

  /// - Parameter onListening: told the port, once requests are taken.
  public init(
    configuration: SourceConfiguration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.configuration = configuration
    (orders, order) = AsyncStream.makeStream(of: Order.self)
    let router = Router(context: SimulatorContext.self)
    SourceControls(state: state, orders: order).add(to: router)
    server = SimulatorServer(
      responder: router.buildResponder(), host: configuration.host, port: configuration.port,
      setting: "SOURCE_SIMULATOR_PORT", logger: logger, onListening: onListening)
  }

  /// No two runs of one or more simulators have the same.
  static func prefix() -> String { "sim-\(UUID().uuidString.prefix(8).lowercased())" }

  /// Serves and sends until told to stop. Throws ``SimulatorCannotListen`` when its port is not to be had.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await obey() }
      if configuration.rate > 0 {
        order.yield(.run(SourceState.Run(prefix: Self.prefix(), rate: configuration.rate, count: nil)))
      }
      defer { order.finish() }
      try await server.run()
    }
  }

  private func obey() async {
    var settings = HTTPClient.Configuration()
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    let client = HTTPClient(configuration: settings)
    let sender = EventSender(
      url: configuration.url, key: configuration.key,
      signer: configuration.secret.flatMap { WebhookSigner($0) },
      state: state, client: client)
    var sending: Task<Void, Never>?
    for await order in orders {
      sending?.cancel()
      await sending?.value
      sending = nil
      state.rate = 0
      guard case .run(let run) = order else { continue }
      state.rate = run.rate
      sending = Task { await sender.send(run) }
    }
    sending?.cancel()
    await sending?.value
    try? await client.shutdown()
  }
}
