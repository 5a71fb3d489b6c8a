import Contracts
import Foundation
import Kafka
import Logging
import Messaging
import NIOHTTP1
import Testing

/// Services on a broker that is not theirs: a group each, as in production.
@Suite("Outliving the broker", .serialized, .timeLimit(.minutes(5)))
struct BrokerTests {
  static func broker() throws -> EmbeddedBroker {
    let broker = try EmbeddedBroker(logger: Logger(label: "test"))
    for topic in EventCatalog.topics(of: [
      "workflow", "delivery", "administration", "tasks", "gateway", "orders",
    ]) {
      try broker.createTopic(topic.name, partitions: 4)
    }
    return broker
  }

  @Test func `a workflow is accepted while the broker is down, for longer than any producer waits`()
    async throws
  {
    let broker = try Self.broker()
    let stack = try Stack(environment: [
      "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers, "KAFKA_SESSION_TIMEOUT_MS": "6000",
      "KAFKA_MESSAGE_TIMEOUT_MS": "1000", "KAFKA_RECONNECT_BACKOFF_MAX_MS": "500",
    ])
    try await stack.start("serve", "administration")
    let workflow = try await stack.start("serve", "workflow")
    try await stack.start("serve", "delivery")
    broker.takeDown()
    let id = try await stack.createWorkflow("Patient", key: "patient")
    let ready = try await stack.send(.GET, "workflow", "/health/ready")
    #expect(ready.status == 200)
    // The producer's own time-out passes: the relay says that it goes on.
    #expect(await workflow.line { $0.contains("Events wait in the outbox") } != nil)
    broker.bringUp()
    try await stack.until("the delivery appears") { try await !stack.deliveries(of: id).isEmpty }
    let delivery = try #require(try await stack.deliveries(of: id).first?["id"] as? String)
    try await stack.sendDelivery(delivery)
    try await stack.until("the task is done") { try await stack.taskState("DELIVER", of: id) == "DONE" }
    #expect(try await stack.deliveries(of: id).count == 1)
  }
}
