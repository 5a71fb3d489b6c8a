import Foundation
import GRDB
import Kafka
import Messaging
import RoomTesting
import Storage
import Testing

/// The path that production takes: a consumer group on a cluster.
@Suite("Sharing a topic in a group", .serialized)
struct GroupTests {
  let bench = try! TestBench()

  @Test func `a second instance takes over in mid-stream and every event takes effect once`() async throws {
    let writer = try bench.store("writer")
    let first = try Store(
      service: "reader", folder: bench.folder + "/1", migrations: [Migration].messaging + TestBench.schema)
    let second = try Store(
      service: "reader", folder: bench.folder + "/2", migrations: [Migration].messaging + TestBench.schema)
    let cluster = Wire(cluster: bench.kafka)
    let total = 2000
    try await bench.running([bench.relay(writer)]) {
      try await bench.running([bench.subscription(first, cluster)]) {
        try await writer.publish((0..<total / 2).map { Counted(id: "k\($0 % 40)", number: $0) })
        try await first.until { try await first.seen().count > 0 }
        try await bench.running([bench.subscription(second, cluster)]) {
          try await writer.publish((total / 2..<total).map { Counted(id: "k\($0 % 40)", number: $0) })
          try await first.until {
            try await first.seen().count + second.seen().count >= total
          }
        }
      }
    }
    let numbers = try await first.seen().map(\.number) + second.seen().map(\.number)
    #expect(numbers.count == total)
    #expect(Set(numbers).count == total)
    try await writer.close()
    try await first.close()
    try await second.close()
  }

  @Test func `what was committed before a stop is not read again after it`() async throws {
    let reader = try bench.store("reader")
    let cluster = Wire(cluster: bench.kafka)
    try await bench.send((0..<10).map { try bench.cloudEvent(Counted(id: "a", number: $0), id: "\($0)") })
    try await bench.running([bench.subscription(reader, cluster)]) {
      try await reader.until { try await reader.seen().count == 10 }
    }
    let admin = try KafkaAdmin(bench.kafka, logger: bench.logger)
    let partitions = (0..<4).map { TopicPartition(topic: Counted.topic.name, partition: $0) }
    let lag = try await admin.lag("reader", partitions)
    #expect(lag.values.reduce(0, +) == 0)
    await admin.close()
    try await reader.close()
  }

  @Test func `a store put back to an earlier state reads again what it has forgotten, each event once`()
    async throws
  {
    let cluster = Wire(cluster: bench.kafka)
    let file = bench.folder + "/reader.sqlite"
    let backup = bench.folder + "/backup.sqlite"
    // At the time of the backup some partitions have not brought anything yet.
    let events = (0..<60).map { Counted(id: $0 < 20 ? "k0" : "k\($0 % 7)", number: $0) }
    let reader = try bench.store("reader")
    try await bench.running([bench.subscription(reader, cluster)]) {
      try await bench.send(try events[..<20].map { try bench.cloudEvent($0, id: "\($0.number)") })
      try await reader.until { try await reader.seen().count == 20 }
      try await reader.copy(to: backup)
      try await bench.send(try events[20..<40].map { try bench.cloudEvent($0, id: "\($0.number)") })
      try await reader.until { try await reader.seen().count == 40 }
    }
    try await reader.close()

    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.moveItem(atPath: backup, toPath: file)
    let restored = try bench.store("reader")
    #expect(try await restored.seen().count == 20)
    try await bench.running([bench.subscription(restored, cluster)]) {
      try await bench.send(try events[40...].map { try bench.cloudEvent($0, id: "\($0.number)") })
      try await restored.until { try await restored.seen().count >= 60 }
    }
    let numbers = try await restored.seen().map(\.number)
    #expect(numbers.count == 60)
    #expect(Set(numbers) == Set(0..<60))
    for events in Dictionary(grouping: try await restored.seen(), by: \.id).values {
      #expect(events.map(\.number) == events.map(\.number).sorted())
    }
    try await restored.close()
  }

  @Test func `what another instance has read meanwhile is not read again`() async throws {
    let cluster = Wire(cluster: bench.kafka)
    let stores = try ["1", "2"].map { number in
      try Store(
        service: "reader", folder: bench.folder + "/" + number,
        migrations: [Migration].messaging + TestBench.schema)
    }
    // The first reads, then the second alone, then the first again: it is behind, and that is right.
    for (round, store) in [stores[0], stores[1], stores[0]].enumerated() {
      let before = try await store.seen().count
      try await bench.running([bench.subscription(store, cluster)]) {
        try await bench.send(
          (0..<10).map {
            try bench.cloudEvent(Counted(id: "a", number: round * 10 + $0), id: "\(round)-\($0)")
          })
        try await store.until { try await store.seen().count >= before + 10 }
      }
    }
    #expect(try await stores[0].seen().map(\.number) == Array(0..<10) + Array(20..<30))
    #expect(try await stores[1].seen().map(\.number) == Array(10..<20))
    for store in stores { try await store.close() }
  }
}

extension Store {
  /// A copy of the file as it is now, made beside its owner as an operator would.
  func copy(to path: String) async throws {
    let source = try DatabaseQueue(path: file)
    try source.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    try source.close()
  }
}
