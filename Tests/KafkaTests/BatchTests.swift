import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct `A batch nobody has taken` {
  let zero = TopicPartition(topic: "t", partition: 0)
  let one = TopicPartition(topic: "t", partition: 1)

  /// A shelf with ten records of each of three partitions.
  private func shelf(_ consumer: KafkaConsumer) async throws -> Shelf {
    var shelf = Shelf()
    var count = 0
    var batches = consumer.batches.makeAsyncIterator()
    while count < 30, let batch = try await batches.next() {
      count += batch.count
      shelf.add(batch)
    }
    return shelf
  }

  private func places(_ shelf: inout Shelf) -> [TopicPartition: [Int64]] {
    var places: [TopicPartition: [Int64]] = [:]
    while let batch = shelf.take() {
      for record in batch { places[record.topicPartition, default: []].append(record.offset) }
    }
    return places
  }

  @Test func `keeps what is not revoked, and what is paused until it is resumed`() async throws {
    let bench = try Bench(partitions: 3)
    let producer = try bench.producer()
    _ = await producer.send((0..<30).map { .text("\($0)", partition: $0 % 3) })
    let consumer = try await bench.reader(3)
    let two = TopicPartition(topic: "t", partition: 2)
    let all = Array(Int64(0)..<10)

    var shelf = try await shelf(consumer)
    #expect(shelf.firstOffsets == [zero: 0, one: 0, two: 0])
    shelf.remove([one])
    shelf.withhold([zero])
    #expect(shelf.firstOffsets == [zero: 0, two: 0])
    #expect(places(&shelf) == [two: all])
    shelf.restore([one])
    #expect(places(&shelf) == [:])
    shelf.restore([zero])
    #expect(places(&shelf) == [zero: all])
    await consumer.close()
    await producer.close()
  }

  @Test func `goes to the next task that asks`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let consumer = try await bench.reader()
    _ = await producer.send((0..<200).map { .text("\($0)") })
    // Cancelling at every moment of a fetch: whatever was fetched for nobody must come later.
    var values: [String] = []
    while values.count < 200 {
      let reading = Task {
        var batches = consumer.batches.makeAsyncIterator()
        return try await batches.next()?.map { String(decoding: $0.value ?? [], as: UTF8.self) } ?? []
      }
      await Task.yield()
      reading.cancel()
      values += try await reading.value
      if values.isEmpty { values += try await consumer.values(1) }
    }
    #expect(values == (0..<200).map { "\($0)" })
    await consumer.close()
    await producer.close()
  }
}
