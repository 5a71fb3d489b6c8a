import ArgumentParser
import Foundation
import GRDB
import Kafka
import Messaging
import ServiceLifecycle
import Storage

/// Events taken in a second: fetched, remembered in the inbox, decoded, handled, committed.
struct SubscriptionBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "subscription")

  @Option var messages = 200_000

  private struct Take: Handler {
    let name = "bench.take"

    func handle(_ event: Measured, _ work: UnitOfWork) throws -> Disposition {
      try work.database.cachedStatement(sql: "INSERT INTO taken (id, number) VALUES (?, ?)")
        .execute(arguments: [event.id, event.number])
      return .handled
    }
  }

  func run() async throws {
    let scratch = try Scratch()
    let broker = try EmbeddedBroker(logger: logger)
    try broker.createTopic(Measured.topic.name, partitions: Measured.topic.partitions)
    let producer = try KafkaProducer(OutboxBench.kafka(broker), logger: logger)
    for chunk in stride(from: 0, to: messages, by: 10_000) {
      let records = try (chunk..<chunk + 10_000).map { number in
        ProducerRecord(
          topic: Measured.topic.name, key: Array("\(number % 5000)".utf8),
          value: Array(
            try JSONEncoder().encode(Measured(id: "\(number % 5000)", number: number, name: "measured"))),
          headers: [
            RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", UUIDv7.next()),
            RecordHeader("ce_source", "/bench"), RecordHeader("ce_type", Measured.name),
          ])
      }
      for result in await producer.send(records) { _ = try result.get() }
    }
    await producer.close()

    let store = try Store(
      service: "bench", folder: scratch.path,
      migrations: .messaging + [
        Migration("bench.1", "CREATE TABLE taken (seq INTEGER PRIMARY KEY, id TEXT, number INTEGER) STRICT")
      ])
    let subscription = Subscription(
      store: store, wire: Wire(embedded: broker.bootstrapServers, ledger: EmbeddedLedger()),
      handlers: [Take()], logger: logger)
    let group = ServiceGroup(services: [subscription], logger: logger)
    let clock = ContinuousClock()
    let started = clock.now
    async let running: Void = group.run()
    while try await store.read({ try Int.fetchOne($0, sql: "SELECT max(seq) FROM taken") ?? 0 }) < messages {
      try await Task.sleep(for: .milliseconds(5))
    }
    let elapsed = (clock.now - started).seconds
    await group.triggerGracefulShutdown()
    try await running
    header("subscription", "figure", "target")
    row("\(Double(messages).whole) messages taken in", "\((Double(messages) / elapsed).whole)/s", "20,000/s")
    try await store.close()
    broker.close()
  }
}
