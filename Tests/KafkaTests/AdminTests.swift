import Kafka
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `Looking after topics and groups` {
  @Test func `lists topics with their partitions and leaders`() async throws {
    let bench = try Bench(partitions: 3)
    let admin = try KafkaAdmin(bench.configuration(), logger: testLogger)
    let topics = try await admin.topics()
    let topic = try #require(topics.first { $0.name == "t" })
    #expect(topic.partitions.map(\.id) == [0, 1, 2])
    #expect(topic.partitions.allSatisfy { $0.leader == 1 && $0.replicas == [1] })
    await admin.close()
  }

  @Test func `gives up with a typed error where the broker cannot answer`() async throws {
    let bench = try Bench()
    let admin = try KafkaAdmin(bench.configuration(), timeout: .milliseconds(300), logger: testLogger)
    let creation = await #expect(throws: KafkaError.self) {
      _ = try await admin.createTopics([NewTopic("new", partitions: 1)])
    }
    #expect(creation?.code == .timedOut)
    #expect(creation?.isRetriable == true)
    let settings = await #expect(throws: KafkaError.self) {
      _ = try await admin.describeConfigs(topic: "t")
    }
    #expect(settings?.code == .timedOut)
    await #expect(throws: KafkaError.self) { _ = try await admin.deleteTopics(["t"]) }
    await #expect(throws: KafkaError.self) { _ = try await admin.createPartitions(["t": 5]) }
    await admin.close()
    let late = await #expect(throws: KafkaError.self) { _ = try await admin.topics() }
    #expect(late?.code == .closed)
  }

  @Test func `knows what a group has committed and how far behind it is`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<10).map { .text("\($0)", partition: $0 % 2) })
    let consumer = try bench.consumer("slow")
    try await consumer.assign(Bench.partitions(2))
    let first = TopicPartition(topic: "t", partition: 0)
    try await consumer.commit([first: 3])

    let admin = try KafkaAdmin(bench.configuration(), logger: testLogger)
    let partitions = Bench.partitions(2)
    #expect(try await admin.groupOffsets("slow", partitions) == [first: 3])
    #expect(try await admin.lag("slow", partitions) == [partitions[0]: 2, partitions[1]: 5])
    #expect(try await admin.groupOffsets("nobody", partitions) == [:])
    await admin.close()
    await consumer.close()
    await producer.close()
  }
}
