import Foundation
import GRDB
import Kafka
import Logging
import Messaging
import RoomTesting
import ServiceLifecycle
import Storage
import Synchronization
import Testing

// The smallest pair of services: one counts, the other is counted.

struct Counted: Event, Hashable {
  static let name = "test.counted.v1"
  static let topic = Topic("test.counted", partitions: 4)

  let id: String
  let number: Int
  var padding: String?

  var key: String { id }
}

/// Writes every event it is given, in order, and does as it is told about some.
struct WriteDown: Handler {
  enum Behaviour: Sendable {
    case handle, refuse, ignore, explode
    case postpone(untilSeen: Int)
  }

  struct Explosion: Error {}

  let name = "test.write-down"
  var behaviour: @Sendable (Counted) -> Behaviour = { _ in .handle }

  func handle(_ event: Counted, _ work: UnitOfWork) throws -> Disposition {
    try work.database.execute(
      sql: "INSERT INTO seen (id, number) VALUES (?, ?)", arguments: [event.id, event.number])
    work.raiseOnCommit(.seen)
    switch behaviour(event) {
    case .handle: return .handled
    case .ignore: return .ignored
    case .refuse: return .refused(reason: "number \(event.number) is not wanted")
    case .explode: throw Explosion()
    case .postpone(let number):
      let there = try Bool.fetchOne(
        work.database, sql: "SELECT EXISTS (SELECT 1 FROM seen WHERE number = ?)", arguments: [number])
      return there == true ? .handled : .postponed(for: .milliseconds(20))
    }
  }
}

extension CommitSignal {
  static let seen = CommitSignal("seen")
}

/// A broker, folders for stores, and what it takes to run both ends of the wire.
final class TestBench: Sendable {
  static let schema = [
    Migration(
      "test.1",
      "CREATE TABLE seen (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, number INTEGER NOT NULL) STRICT")
  ]

  let folder: String
  let broker: EmbeddedBroker
  let logger: Logger

  init() throws {
    folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
    broker = try EmbeddedBroker(logger: logger)
    try broker.createTopic(Counted.topic.name, partitions: Counted.topic.partitions)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  var kafka: KafkaConfiguration {
    KafkaConfiguration(
      bootstrapServers: broker.bootstrapServers,
      properties: [
        "fetch.wait.max.ms": "1", "session.timeout.ms": "6000", "reconnect.backoff.ms": "10",
        "reconnect.backoff.max.ms": "100",
      ])
  }

  func store(_ name: String, clock: @escaping @Sendable () -> Timestamp = { .now }) throws -> Store {
    try Store(
      service: name, folder: folder, migrations: [Migration].messaging + Self.schema, clock: clock)
  }

  /// A wire on which consumers take all partitions at once, without waiting for a group.
  func wire(_ ledger: EmbeddedLedger = EmbeddedLedger()) -> Wire {
    Wire(embedded: broker.bootstrapServers, ledger: ledger)
  }

  func relay(_ store: Store, _ wire: Wire? = nil) -> OutboxRelay {
    OutboxRelay(store: store, wire: wire ?? Wire(cluster: kafka), logger: logger)
  }

  func subscription(
    _ store: Store, _ wire: Wire, _ handler: WriteDown = WriteDown(), policy: RetryPolicy = RetryPolicy()
  ) -> Subscription {
    Subscription(store: store, wire: wire, handlers: [handler], policy: policy, logger: logger)
  }

  /// Runs services around `body`, then stops them cleanly.
  func running<Value: Sendable>(
    _ services: [any Service], _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    try await MessagingTests.running(services, logger, body)
  }

  /// Puts something on the wire that no service of ours would send.
  func send(_ records: [ProducerRecord]) async throws {
    let producer = try KafkaProducer(kafka, logger: logger)
    for result in await producer.send(records) { _ = try result.get() }
    await producer.close()
  }

  func cloudEvent(
    _ event: Counted, id: String, type: String = Counted.name, partition: Int32? = nil
  ) throws -> ProducerRecord {
    ProducerRecord(
      topic: Counted.topic.name, partition: partition, key: Array(event.id.utf8),
      value: Array(try JSONEncoder().encode(event)),
      headers: [
        RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id),
        RecordHeader("ce_source", "/test"), RecordHeader("ce_type", type),
      ])
  }
}

/// Runs services around `body`, then stops them cleanly.
func running<Value: Sendable>(
  _ services: [any Service], _ logger: Logger, _ body: @Sendable () async throws -> Value
) async throws -> Value {
  let group = ServiceGroup(services: services, logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    let value: Value
    do {
      value = try await body()
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
    return value
  }
}

struct Seen: Hashable, Sendable {
  let id: String
  let number: Int
}

extension Store {
  func publish(_ events: [Counted]) async throws {
    try await write { work in for event in events { try work.publish(event) } }
  }

  func seen() async throws -> [Seen] {
    try await read { database in
      try Row.fetchAll(database, sql: "SELECT id, number FROM seen ORDER BY seq").map {
        Seen(id: $0[0], number: $0[1])
      }
    }
  }

  func count(_ sql: String) async throws -> Int {
    try await read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }
}
