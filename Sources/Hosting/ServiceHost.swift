public import HTTPAPI
import Logging
public import Messaging
public import ServiceLifecycle
public import Storage

/// One running service: its store, what it listens to, what it serves, and the loops that carry its events.
///
/// A clean stop goes from the outside in: no new requests, then no new messages, then the outbox is drained,
/// then the store is closed.
public struct ServiceHost: Service {
  public let name: String
  public let port: Int
  public let store: Store
  private let openapi: String
  private let serves: @Sendable (API, Store) -> Void
  private let subscription: Subscription
  private let environment: ServiceEnvironment

  /// - Parameters:
  ///   - schema: the service's own tables, beside those of messaging and of requests.
  ///   - listensTo: one handler for each kind of event the service cares for.
  ///   - serves: puts the service's routes on its API.
  public init(
    _ name: String, port: Int, in environment: ServiceEnvironment, schema: [Migration],
    listensTo handlers: [any Handler], openapi: String,
    serves: @escaping @Sendable (API, Store) -> Void
  ) throws {
    self.name = name
    self.environment = environment
    self.port = port
    self.openapi = openapi
    self.serves = serves
    store = try Store(
      service: name, folder: environment.dataFolder,
      migrations: [Migration].messaging + [Migration].idempotency + schema)
    subscription = Subscription(
      store: store, wire: environment.wire, handlers: handlers, logger: environment.logger(name))
  }

  /// The service's routes, and those that every service has: for its server, and for tests of them.
  public func api() -> API {
    let api = API(
      service: name, store: store, verifier: environment.verifier, openapi: openapi,
      metrics: environment.metrics)
    serves(api, store)
    DeadLetterRoutes(store: store).register(on: api)
    return api
  }

  public func run() async throws {
    let logger = environment.logger(name)
    let server = api().server(
      host: environment.host, port: port, setting: "\(name.uppercased())_PORT", logger: logger,
      onListening: environment.onListening(name))
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          ServiceGroupConfiguration.ServiceConfiguration(
            service: OutboxRelay(store: store, wire: environment.wire, logger: logger)),
          .init(service: Retention(store: store, messaging: MessagingRetention(), logger: logger)),
          .init(service: subscription),
          .init(service: server),
        ], logger: logger))
    do {
      try await group.run()
    } catch {
      try await store.close()
      throw error
    }
    try await store.close()
  }
}
