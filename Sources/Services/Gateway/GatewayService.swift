public import Hosting
import Storage

/// The event gateway: a durable yes for sources that call once, and a faithful delivery to a slow target.
public enum GatewayService {
  public static let name = "gateway"
  public static let defaultPort = 8085

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    let configuration = try GatewayConfiguration(environment.settings)
    let logger = environment.logger(name)
    let target = Target(configuration)
    return try ServiceHost(
      name, port: environment.settings.port("GATEWAY_PORT", default: defaultPort), in: environment,
      schema: .gateway,
      listensTo: [
        DeliverEventOnEventReceived()
      ],
      everyInstanceListensTo: [
        MarkEventOnEventDelivered(), MarkEventOnEventDeliveryRetried(), MarkEventOnEventDeliveryFailed(),
      ],
      share: target.takeShare,
      runs: { store in
        [DeliverEventWorker(dispatcher: TargetDispatcher(target, store: store, logger: logger))]
      },
      alongside: { store in [StorageWatch(store: store, logger: logger)] },
      prunes: [GatewayEvent.prune, RejectedInput.prune],
      prepares: { try $0.ensureStandardSource() },
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self),
      serves: { api, store in
        let sources = SourceDirectory(store: store)
        IngestRoutes(store: store, sources: sources, isOrdered: configuration.isOrdered).register(on: api)
        EventRoutes(store: store, target: target).register(on: api)
        SourceRoutes(store: store, sources: sources).register(on: api)
        TargetRoutes(store: store, target: target).register(on: api)
      })
  }

  /// A key of the standard source for the simulator that runs beside the gateway: a new one each time, and the one
  /// before counts no more.
  public static func makeKey(forSimulatorIn host: ServiceHost) async throws -> String {
    try await host.store.write { work in
      try work.ensureStandardSource()
      return try work.makeSimulatorKey(of: Source.standard.id)
    }
  }
}
