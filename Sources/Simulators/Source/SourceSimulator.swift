import AsyncHTTPClient
import Hummingbird
public import Logging
public import ServiceLifecycle

/// A source of events that calls once for each, waits half a second for a 2xx, and never calls again.
///
/// `POST /simulator/send` for a number of events at a rate, `POST /simulator/rate` for a steady flow,
/// `POST /simulator/stop`, and `GET /simulator/stats` for what became of them. The key or secret that it shows is
/// never told.
public struct SourceSimulator: Service {
  /// What it has sent, and what became of it.
  public let state = SourceState()
  private let configuration: SourceConfiguration
  private let patience: Duration
  private let pacemaker: Pacemaker
  private let server: SimulatorServer

  /// - Parameter onListening: told the port, once requests are taken.
  public init(
    configuration: SourceConfiguration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.init(
      configuration: configuration, patience: EventSender.patience, logger: logger, onListening: onListening)
  }

  init(
    configuration: SourceConfiguration, patience: Duration, logger: Logger,
    onListening: @escaping @Sendable (Int) -> Void
  ) {
    self.configuration = configuration
    self.patience = patience
    pacemaker = Pacemaker(state: state)
    let router = Router(context: SimulatorContext.self)
    SourceControls(state: state, pacemaker: pacemaker).add(to: router)
    server = SimulatorServer(
      responder: router.buildResponder(), host: configuration.host, port: configuration.port,
      setting: "SOURCE_SIMULATOR_PORT", logger: logger, onListening: onListening)
  }

  /// Serves and sends until told to stop; then it waits for the answers that are under way, half a second each.
  /// Throws ``SimulatorCannotListen`` when its port is not to be had.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (letters, letter) = AsyncStream.makeStream(of: Letter.self)
      group.addTask { await pacemaker.run(letter) }
      group.addTask { try await send(letters) }
      if configuration.rate > 0 {
        pacemaker.begin(
          SourceRun(prefix: SourceControls.newPrefix(), rate: configuration.rate, count: nil))
      }
      defer { pacemaker.finish() }
      try await server.run()
      pacemaker.finish()
      try await group.waitForAll()
    }
  }

  private func send(_ letters: AsyncStream<Letter>) async throws {
    let client = EventSender.client(patience: patience)
    let sender = EventSender(
      url: configuration.url, key: configuration.key,
      signer: configuration.secret.flatMap { WebhookSigner($0) }, state: state, patience: patience,
      client: client)
    await withDiscardingTaskGroup { group in
      for await letter in letters {
        group.addTask { await sender.send(letter) }
      }
    }
    try await client.shutdown()
  }
}
