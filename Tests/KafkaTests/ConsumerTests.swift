import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct `Reading partitions of one's own choice` {
  let zero = TopicPartition(topic: "t", partition: 0)

  @Test func `starts where the group has committed, also after a restart`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<10).map { .text("\($0)") })

    let first = try bench.consumer()
    try await first.assign([zero])
    #expect(try await first.values(10).count == 10)
    #expect(try await first.committed(Bench.partitions(2)) == [:])
    try await first.commit([zero: 4])
    #expect(try await first.committed(Bench.partitions(2)) == [zero: 4])
    await first.close()

    let second = try bench.consumer()
    try await second.assign([zero])
    #expect(try await second.values(6) == ["4", "5", "6", "7", "8", "9"])
    await second.close()
    await producer.close()
  }

  @Test func `survives a tombstone`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send([
      ProducerRecord(topic: "t", partition: 0, key: Array("k".utf8), value: nil), .text("after"),
    ])
    let consumer = try await bench.reader()
    #expect(try await consumer.read(2) { $0.value } == [nil, Array("after".utf8)])
    await consumer.close()
    await producer.close()
  }

  @Test func `keeps batches as small as asked and offsets for committing`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<100).map { .text("\($0)", partition: $0 % 2) })
    let consumer = try await bench.reader(2, maximumBatch: 7)
    var seen = 0
    var next: [TopicPartition: Int64] = [:]
    for try await batch in consumer.batches {
      #expect(batch.count <= 7)
      seen += batch.count
      next.merge(batch.nextOffsets) { $1 }
      if seen == 100 { break }
    }
    #expect(next == [zero: 50, TopicPartition(topic: "t", partition: 1): 50])
    #expect(try await consumer.position(Bench.partitions(2)) == next)
    await consumer.close()
    await producer.close()
  }

  @Test func `keeps a note with the offsets it commits`() async throws {
    let bench = try Bench(partitions: 2)
    let consumer = try bench.consumer("g")
    try await consumer.assign(Bench.partitions(2))
    let zero = TopicPartition(topic: "t", partition: 0)
    let one = TopicPartition(topic: "t", partition: 1)
    try await consumer.commit([zero: 4], note: "mine, in größter Kürze")
    try await consumer.commit([one: 2])
    let committed = try await consumer.committedNotes(Bench.partitions(2))
    #expect(committed[zero]?.offset == 4)
    #expect(committed[zero]?.note == "mine, in größter Kürze")
    #expect(committed[one]?.offset == 2)
    #expect(committed[one]?.note == "")
    await consumer.close()
  }

  @Test func `goes back and forth by seeking`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send((0..<100).map { .text("\($0)") })
    let consumer = try await bench.reader(maximumBatch: 10)
    // At once: the partition does not know yet where it starts.
    try await consumer.seek(zero, to: 90)
    #expect(try await consumer.values(10).first == "90")
    try await consumer.seek(zero, to: 5)
    #expect(try await consumer.values(10).first == "5")
    let error = await #expect(throws: KafkaError.self) {
      try await consumer.seek(TopicPartition(topic: "t", partition: 7), to: 0)
    }
    #expect(error?.code == .wrongState)
    await consumer.close()
    await producer.close()
  }

  @Test func `pauses one partition while the other goes on`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    let one = TopicPartition(topic: "t", partition: 1)
    let consumer = try await bench.reader(2)
    try await consumer.pause([zero])
    _ = await producer.send((0..<20).map { .text("\($0)", partition: $0 % 2) })
    #expect(try await consumer.read(10) { $0.partition } == Array(repeating: 1, count: 10))
    try await consumer.pause([one])
    try await consumer.resume([zero])
    #expect(try await consumer.read(10) { $0.partition } == Array(repeating: 0, count: 10))
    await consumer.close()
    await producer.close()
  }

  @Test func `keeps back what it fetched ahead of a pause`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<400).map { .text("\($0)", partition: $0 % 2) })
    let consumer = try await bench.reader(2, maximumBatch: 5)
    var read = try await consumer.read(20) { $0.topicPartition }
    try await consumer.pause([zero])
    let zeros = read.count { $0 == zero }
    #expect(try await consumer.position([zero]) == (zeros == 0 ? [:] : [zero: Int64(zeros)]))
    let others = try await consumer.read(200 - (read.count - zeros)) { $0.topicPartition }
    #expect(others.allSatisfy { $0.partition == 1 })
    try await consumer.resume([zero])
    let offsets = try await consumer.read(200 - zeros) { $0.offset }
    #expect(offsets == Array(Int64(zeros)..<200))
    read += others
    #expect(read.count == 200 + zeros)
    await consumer.close()
    await producer.close()
  }

  @Test func `loses nothing when paused and resumed in mid-stream`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send((0..<1000).map { .text("\($0)") })
    let consumer = try await bench.reader(maximumBatch: 10)
    var values: [String] = []
    for _ in 0..<10 {
      values += try await consumer.values(10)
      try await consumer.pause([zero])
      try await consumer.resume([zero])
    }
    values += try await consumer.values(1000 - values.count)
    #expect(values == (0..<1000).map { "\($0)" })
    await consumer.close()
    await producer.close()
  }

  @Test func `refills a queue much smaller than what is read in a second`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["batch.size": "20000"])
    let value = String(repeating: "x", count: 1000)
    _ = await producer.send((0..<2000).map { _ in .text(value) })
    let consumer = try bench.consumer(maximumBatch: 20, ["queued.max.messages.kbytes": "32"])
    try await consumer.assign([zero])
    let time = try await ContinuousClock().measure {
      _ = try await consumer.values(2000)
    }
    // librdkafka by itself looks once a second: sixty seconds.
    #expect(time < .seconds(10))
    await consumer.close()
    await producer.close()
  }

  @Test func `knows how far behind it is`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<30).map { .text("\($0)", partition: $0 % 3 == 0 ? 1 : 0) })
    let consumer = try await bench.reader(2, maximumBatch: 1)
    #expect(try await consumer.lag().values.reduce(0, +) == 30)
    _ = try await consumer.values(4)
    #expect(try await consumer.lag().values.reduce(0, +) == 26)
    await consumer.close()
    await producer.close()
  }

  @Test func `starts over when its offset is out of range`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = await producer.send([.text("only")])
    let consumer = try bench.consumer()
    try await consumer.assign([zero])
    try await consumer.commit([zero: 1000])
    await consumer.close()
    let second = try bench.consumer()
    try await second.assign([zero])
    #expect(try await second.values(1) == ["only"])
    await second.close()
    await producer.close()
  }

  @Test func `outlasts a broker that is down and errors of its answers`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let consumer = try await bench.reader()
    _ = try await producer.send(.text("0"))
    #expect(try await consumer.values(1) == ["0"])
    bench.broker.takeDown()
    async let sent = producer.send([.text("1")])
    async let read = consumer.values(1)
    bench.broker.bringUp()
    bench.broker.inject([.notLeader, .transport], into: .fetch)
    #expect(try await read == ["1"])
    _ = await sent
    await consumer.close()
    await producer.close()
  }

  @Test func `says why a commit failed`() async throws {
    let bench = try Bench()
    let consumer = try bench.consumer()
    try await consumer.assign([zero])
    bench.broker.inject([.groupAuthorizationFailed], into: .offsetCommit)
    let error = await #expect(throws: KafkaError.self) { try await consumer.commit([zero: 1]) }
    #expect(error?.code == .groupAuthorizationFailed)
    try await consumer.commit([zero: 1])
    await consumer.close()
  }

  @Test func `throws once the client is finished`() async throws {
    let bench = try Bench()
    let consumer = try await bench.reader()
    let loop = Task { for try await _ in consumer.batches {} }
    try consumer.failFatally(.init(rawValue: 82), "fenced")
    let error = await #expect(throws: KafkaError.self) { try await loop.value }
    #expect(error?.code.rawValue == 82)
    #expect(error?.isFatal == true)
    await consumer.close()
  }
}
