import Contracts
import Foundation
import GRDB
import HTTPAPI
import Hosting
import Hummingbird
import HummingbirdTesting
import Kafka
import Logging
import Messaging
import ServiceLifecycle
import Storage
import Testing
import Workflow

/// The workflow service as the program runs it, with a folder and keys of the test's own.
final class TestBench: Sendable {
  static let everything: Set<Scope> = [
    "workflows:read", "workflows:write", "dead-letters:read", "dead-letters:write",
  ]

  let folder: String
  let broker: EmbeddedBroker?
  let key: SigningKey
  let host: ServiceHost
  let logger: Logger

  var store: Store { host.store }

  /// - Parameter onTheWire: with a broker of its own too, for tests that run the service.
  init(onTheWire: Bool = false) throws {
    folder = NSTemporaryDirectory() + "workflow-\(UUID().uuidString)"
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
    broker = onTheWire ? try EmbeddedBroker(logger: logger) : nil
    for topic in EventCatalog.topics(of: ["workflow"]) {
      try broker?.createTopic(topic.name, partitions: topic.partitions)
    }
    let key = try SigningKey()
    self.key = key
    host = try WorkflowService.host(
      in: ServiceEnvironment(
        settings: Settings(["WORKFLOW_PORT": "0"]), dataFolder: folder, host: "127.0.0.1",
        wire: Wire(embedded: broker?.bootstrapServers ?? "127.0.0.1:1", ledger: EmbeddedLedger()),
        verifier: TokenVerifier(keys: { JSONWebKeySet([key.publicKey]) }), metrics: { "" },
        logLevel: .critical))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Lets `body` call the service's routes; nothing else of it runs, so what it publishes stays in the outbox.
  func serving(_ body: @Sendable (Caller) async throws -> Void) async throws {
    let token = try await key.token(subject: "ada", scopes: Self.everything)
    try await host.api().application(logger: logger).test(.router) { client in
      try await body(Caller(client: client, token: token))
    }
  }

  /// Runs the whole service around `body`, then stops it cleanly.
  func running(_ body: @Sendable (Caller) async throws -> Void) async throws {
    let group = ServiceGroup(services: [host], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      do {
        try await serving(body)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }
}
