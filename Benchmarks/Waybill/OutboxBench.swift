import ArgumentParser
import Foundation
import GRDB
import Kafka
import Messaging
import ServiceLifecycle
import Storage

/// From commit to the broker's acknowledgement, and how fast a backlog leaves.
struct OutboxBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "outbox")

  @Option var rows = 200_000
  @Option var rate = 1000
  @Option var seconds = 10

  func run() async throws {
    header("outbox", "figure", "target")
    try await latency()
    try await drain()
  }

  private func latency() async throws {
    let (scratch, broker, store) = try await make()
    let relay = OutboxRelay(store: store, wire: Wire(cluster: Self.kafka(broker)), logger: logger)
    let group = ServiceGroup(services: [relay], logger: logger)
    async let running: Void = group.run()
    let clock = ContinuousClock()
    let started = clock.now
    for number in 0..<rate * seconds {
      try await clock.sleep(until: started + .seconds(Double(number) / Double(rate)))
      try await store.write {
        try $0.publish(Measured(id: "\(number % 1000)", number: number, name: "measured"))
      }
    }
    try await Self.untilSent(store)
    await group.triggerGracefulShutdown()
    try await running
    let delays = try await store.read { database in
      try Double.fetchAll(
        database, sql: "SELECT CAST(published_at - time AS REAL) FROM outbox WHERE state = 2")
    }
    row("decision to acknowledged at \(rate)/s, p50", "\(delays.percentile(0.5).short) ms", "5 ms")
    row("decision to acknowledged at \(rate)/s, p99", "\(delays.percentile(0.99).short) ms", "25 ms")
    try await store.close()
    broker.close()
    withExtendedLifetime(scratch) {}
  }

  private func drain() async throws {
    let (scratch, broker, store) = try await make()
    for chunk in stride(from: 0, to: rows, by: 1000) {
      try await store.write { work in
        for number in chunk..<chunk + 1000 {
          try work.publish(Measured(id: "\(number % 5000)", number: number, name: "measured"))
        }
      }
    }
    let relay = OutboxRelay(store: store, wire: Wire(cluster: Self.kafka(broker)), logger: logger)
    let group = ServiceGroup(services: [relay], logger: logger)
    let clock = ContinuousClock()
    let started = clock.now
    async let running: Void = group.run()
    try await Self.untilSent(store)
    let elapsed = (clock.now - started).seconds
    await group.triggerGracefulShutdown()
    try await running
    row("\(Double(rows).whole) rows drained", "\((Double(rows) / elapsed).whole) rows/s", "50,000 rows/s")
    try await store.close()
    broker.close()
    withExtendedLifetime(scratch) {}
  }

  static func kafka(_ broker: EmbeddedBroker) -> KafkaConfiguration {
    KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
  }

  private func make() async throws -> (Scratch, EmbeddedBroker, Store) {
    let scratch = try Scratch()
    let broker = try EmbeddedBroker(logger: logger)
    try broker.createTopic(Measured.topic.name, partitions: Measured.topic.partitions)
    return (scratch, broker, try Store(service: "bench", folder: scratch.path, migrations: .messaging))
  }

  private static func untilSent(_ store: Store) async throws {
    while try await store.read({ try Backlog.read($0).outboxWaiting }) > 0 {
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
