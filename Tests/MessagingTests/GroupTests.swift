import Foundation
import Kafka
import Messaging
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
}
