import Foundation
public import HTTPAPI
public import Hosting
import Hummingbird
import HummingbirdTesting
public import Kafka
public import Logging
public import Messaging
import ServiceLifecycle
public import Storage

/// A service as the program runs it, with a folder and keys of the test's own.
public final class ServiceBench: Sendable {
  public let folder: String
  public let broker: EmbeddedBroker?
  public let host: ServiceHost
  public let logger: Logger
  /// What the tokens of this bench are signed with.
  public let key: SigningKey
  /// What the host was made in; for a neighbour on the same wire.
  public let environment: ServiceEnvironment
  private let scopes: Set<Scope>
  private let issue:
    (@Sendable (_ subject: String, _ scopes: Set<Scope>, _ folder: String) async throws -> String)?
  private let ownsFolder: Bool
  private let ports = AsyncStream.makeStream(of: Int.self)

  public var store: Store { host.store }

  /// - Parameters:
  ///   - scopes: what the callers of the service may do.
  ///   - folder: an earlier bench's, to go on with its data; a new one when nil.
  ///   - trustedProxies: how many stand in front of the service and are believed.
  ///   - issue: where tokens come from, for a service that believes its own keys.
  ///   - onTheWire: with a broker of its own too, for tests that run the service.
  public init(
    scopes: Set<Scope>, settings: [String: String] = [:], folder: String? = nil, onTheWire: Bool = false,
    trustedProxies: Int = 0, clock: @escaping @Sendable () -> Timestamp = { .now },
    issue: (@Sendable (_ subject: String, _ scopes: Set<Scope>, _ folder: String) async throws -> String)? =
      nil,
    _ make: (ServiceEnvironment) throws -> ServiceHost
  ) throws {
    let data = folder ?? NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    ownsFolder = folder == nil
    self.folder = data
    self.scopes = scopes
    self.issue = issue
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
    broker = onTheWire ? try EmbeddedBroker(logger: logger) : nil
    let key = try SigningKey()
    self.key = key
    let zeros = ["WORKFLOW", "DELIVERY", "ADMINISTRATION", "TASKS", "GATEWAY", "ORDERS"].map {
      ("\($0)_PORT", "0")
    }
    environment = ServiceEnvironment(
      settings: Settings(Dictionary(uniqueKeysWithValues: zeros).merging(settings) { $1 }), dataFolder: data,
      host: "127.0.0.1",
      wire: Wire(embedded: broker?.bootstrapServers ?? "127.0.0.1:1", ledger: EmbeddedLedger()),
      verifier: TokenVerifier(keys: { JSONWebKeySet([key.publicKey]) }), trustedProxies: trustedProxies,
      metrics: { "" }, logLevel: .critical, clock: clock,
      onListening: { [ports] _, port in ports.continuation.yield(port) })
    host = try make(environment)
    try createTopics(host.listensTo)
  }

  /// Only what has to be there: the broker may sleep for a second over each.
  private func createTopics(_ topics: [Topic]) throws {
    for topic in topics { try broker?.createTopic(topic.name, partitions: topic.partitions) }
  }

  deinit {
    if ownsFolder { try? FileManager.default.removeItem(atPath: folder) }
  }

  public func token(_ subject: String, scopes: Set<Scope>? = nil) async throws -> String {
    let scopes = scopes ?? self.scopes
    if let issue { return try await issue(subject, scopes, folder) }
    return try await key.token(subject: subject, scopes: scopes)
  }

  /// Where the running service listens; to be asked once.
  public func address() async -> String {
    for await port in ports.stream { return "http://127.0.0.1:\(port)" }
    return ""
  }

  /// Lets `body` call the service's routes; nothing else of it runs, so what it publishes stays in the outbox.
  /// - Parameter neighbour: the service to call instead.
  public func serving(
    _ neighbour: ServiceHost? = nil, as subject: String = "ada",
    _ body: @Sendable (Caller) async throws -> Void
  ) async throws {
    let token = try await token(subject)
    try await (neighbour ?? host).api().application(logger: logger).test(.router) { client in
      try await body(Caller(client: client, token: token))
    }
  }

  /// Runs the whole service around `body`, with its neighbours, then stops it cleanly.
  public func running(
    with neighbours: [ServiceHost] = [], _ body: @Sendable (Caller) async throws -> Void
  ) async throws {
    for neighbour in neighbours { try createTopics(neighbour.listensTo) }
    let group = ServiceGroup(services: [host] + neighbours, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      do {
        try await serving(nil, body)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }
}
