import Kafka
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `Closing a consumer` {
  @Test func `ends its batches, answers late calls and may be repeated`() async throws {
    let bench = try Bench()
    let consumer = try await bench.reader()
    let loop = Task {
      var count = 0
      for try await batch in consumer.batches { count += batch.count }
      return count
    }
    async let first: Void = consumer.close()
    async let second: Void = consumer.close()
    _ = await (first, second)
    #expect(try await loop.value == 0)
    let calls: [@Sendable () async throws -> Void] = [
      { try await consumer.commit([TopicPartition(topic: "t", partition: 0): 1]) },
      { try await consumer.subscribe(to: ["t"]) },
      { _ = try await consumer.committed([TopicPartition(topic: "t", partition: 0)]) },
      { _ = try await consumer.lag() },
    ]
    for call in calls {
      let error = await #expect(throws: KafkaError.self) { try await call() }
      #expect(error?.code == .closed)
    }
    for try await _ in consumer.batches { Issue.record("a closed consumer has no batches") }
    await consumer.close()
  }

  @Test func `does not wait for a batch somebody holds, which stays readable`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send([.text("held"), .text("too")])
    var consumer: KafkaConsumer? = try await bench.reader()
    var batches = consumer?.batches.makeAsyncIterator()
    var held: ConsumerBatch? = try await batches?.next()
    batches = nil
    let time = await ContinuousClock().measure { await consumer?.close() }
    #expect(time < .seconds(10))
    consumer = nil
    #expect(held?.first?.value == Array("held".utf8))
    held = nil
    await producer.close()
  }

  @Test func `frees a released batch early`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send([.text("a"), .text("b")])
    let consumer = try await bench.reader()
    var batches = consumer.batches.makeAsyncIterator()
    let batch = try #require(try await batches.next())
    let copy = batch.map(\.value)
    batch.release()
    batch.release()
    #expect(copy.first == Array("a".utf8))
    await consumer.close()
    await producer.close()
  }

  @Test func `stops the process when a released batch is read`() async throws {
    await #expect(processExitsWith: .failure) {
      let bench = try Bench()
      let producer = try bench.producer()
      _ = try await producer.send(.text("a"))
      let consumer = try await bench.reader()
      var batches = consumer.batches.makeAsyncIterator()
      let batch = try #require(try await batches.next())
      batch.release()
      _ = batch[0].value
    }
  }

  @Test func `is not needed to cancel a task that reads`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let consumer = try await bench.reader()
    let loop = Task {
      for try await _ in consumer.batches {}
      return Task.isCancelled
    }
    loop.cancel()
    #expect(try await loop.value)
    // Nothing was lost to the cancelled task.
    _ = try await producer.send(.text("next"))
    #expect(try await consumer.values(1) == ["next"])
    await consumer.close()
    await producer.close()
  }

  @Test func `ends while no broker can be reached`() async throws {
    let consumer = try KafkaConsumer(
      KafkaConfiguration(bootstrapServers: "127.0.0.1:1"), groupID: "g", logger: testLogger)
    try await consumer.subscribe(to: ["t"])
    let loop = Task { for try await _ in consumer.batches {} }
    let time = await ContinuousClock().measure { await consumer.close() }
    #expect(time < .seconds(10))
    try await loop.value
  }

  @Test func `answers a commit no broker will ever answer`() async throws {
    let consumer = try KafkaConsumer(
      KafkaConfiguration(bootstrapServers: "127.0.0.1:1"), groupID: "g", logger: testLogger)
    let zero = TopicPartition(topic: "t", partition: 0)
    try await consumer.assign([zero])
    let commit = Task { try await consumer.commit([zero: 1]) }
    let time = await ContinuousClock().measure { await consumer.close() }
    #expect(time < .seconds(10))
    await #expect(throws: KafkaError.self) { try await commit.value }
  }
}
