public import HTTPAPI
public import Jobs
import Logging
public import Messaging
public import ServiceLifecycle
public import Storage

/// One running service: its store, what it listens to, what it serves, and the loops that carry its events.
///
/// A clean stop goes from the outside in: no new requests, then no new messages, then no new jobs, then the
/// outbox is drained, then the store is closed.
public struct ServiceHost: Service {
  public let name: String
  public let port: Int
  public let store: Store
  private let openapi: String
  private let serves: @Sendable (API, Store) -> Void
  private let subscription: Subscription
  private let runner: JobRunner?
  private let replica: Replica?
  private let lease: Lease?
  private let prunes: [Retention.Prune]
  private let prepares: (@Sendable (UnitOfWork) throws -> Void)?
  private let alongside: [any Service]
  private let verifier: TokenVerifier
  private let environment: ServiceEnvironment

  /// - Parameters:
  ///   - schema: the service's own tables, beside those of messaging and of requests.
  ///   - listensTo: one handler for each kind of event the service cares for; its instances share the events.
  ///   - everyInstanceListensTo: handlers of what each instance has to hear of.
  ///   - share: told how much of what the instances share is this one's; see ``Subscription``.
  ///   - runs: a worker for each kind of job; nil for a service without jobs.
  ///   - alongside: other loops that run as long as the service does.
  ///   - prunes: each deletes at most so many rows that are not needed any more, and tells whether there may be
  ///     more.
  ///   - prepares: writes what has to be in the store before anything is served.
  ///   - verifier: tells who asks; the program's own unless said otherwise.
  ///   - serves: puts the service's routes on its API.
  public init(
    _ name: String, port: Int, in environment: ServiceEnvironment, schema: [Migration],
    listensTo handlers: [any Handler], everyInstanceListensTo broadcasts: [any Handler] = [],
    share: (@Sendable (Double) -> Void)? = nil,
    runs workers: ((Store) -> [any JobWorker])? = nil, alongside: ((Store) -> [any Service])? = nil,
    prunes: [@Sendable (UnitOfWork, Int) throws -> Bool] = [],
    prepares: (@Sendable (UnitOfWork) throws -> Void)? = nil,
    verifier: ((Store) -> TokenVerifier)? = nil, openapi: String,
    serves: @escaping @Sendable (API, Store) -> Void
  ) throws {
    self.name = name
    self.environment = environment
    self.port = port
    self.openapi = openapi
    self.serves = serves
    try FirstBoot(environment.settings).check(name, in: environment.dataFolder)
    let store = try Store(
      service: name, folder: environment.dataFolder,
      migrations: Self.migrations(schema, hasJobs: workers != nil),
      checkpoints: environment.settings.storeCheckpoints(), lease: environment.settings.lease,
      clock: environment.clock)
    let logger = environment.logger(name)
    self.store = store
    replica = try environment.settings.outboxReplica()
    lease = environment.settings.lease
    subscription = Subscription(
      store: store, wire: environment.wire, handlers: handlers, broadcasts: broadcasts, share: share,
      logger: logger)
    runner = workers.map { JobRunner(store: store, workers: $0(store), logger: logger) }
    self.prunes = prunes
    self.prepares = prepares
    self.alongside = alongside?(store) ?? []
    self.verifier = verifier?(store) ?? environment.verifier
  }

  /// Everything a service's store is made of: for a command that opens it while the service does not run.
  public static func migrations(_ schema: [Migration], hasJobs: Bool) -> [Migration] {
    [Migration].messaging + [Migration].idempotency + (hasJobs ? .jobs : []) + schema
  }

  /// The topics that have to be there before it runs.
  public var listensTo: [Topic] { subscription.listensTo }

  /// The service's routes, and those that every service has: for its server, and for tests of them.
  public func api() -> API {
    let api = API(
      service: name, store: store, verifier: verifier, openapi: openapi,
      metrics: environment.metrics, trustedProxies: environment.trustedProxies)
    serves(api, store)
    DeadLetterRoutes(store: store, jobs: redriveJob).register(on: api)
    return api
  }

  /// Runs a dead job again; without jobs there is none.
  private var redriveJob: @Sendable (String, UnitOfWork) throws -> Bool {
    guard runner != nil else { return { _, _ in false } }
    return { try $1.redriveJob($0) }
  }

  public func run() async throws {
    let logger = environment.logger(name)
    if let prepares { try await store.write(prepares) }
    let server = api().server(
      host: environment.host, port: port, setting: "\(name.uppercased())_PORT", logger: logger,
      onListening: environment.onListening(name))
    let relay = OutboxRelay(
      store: store, wire: environment.wire, after: replica, lease: lease, logger: logger)
    let retention = Retention(
      store: store, messaging: MessagingRetention(), jobs: runner == nil ? nil : JobsRetention(),
      kinds: runner?.kinds ?? [], others: prunes, logger: logger)
    // Stopped from the last to the first.
    var services: [any Service] = [relay, retention] + alongside
    if let runner { services.append(runner) }
    let redrives = RedriveRunner(store: store, jobs: redriveJob, logger: logger)
    services += [redrives, subscription, server] as [any Service]
    let group = ServiceGroup(services: services, logger: logger)
    do {
      try await group.run()
    } catch {
      try await store.close()
      throw error
    }
    try await store.close()
  }
}
