import Kafka
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `A record on its way through Kafka` {
  @Test func `arrives with its key, value, headers and time`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let headers = [
      RecordHeader("a", "1"), RecordHeader("empty", []), RecordHeader("null", nil), RecordHeader("a", "2"),
    ]
    let record = ProducerRecord(
      topic: "t", partition: 0, key: Array("key".utf8), value: Array("value".utf8),
      headers: headers, timestamp: 1_700_000_000_123)
    let place = try await producer.send(record)
    #expect(place == RecordMetadata(partition: 0, offset: 0))

    let consumer = try await bench.reader()
    let read = try await consumer.read(1) { record in
      #expect(record.topic == "t")
      #expect(record.partition == 0)
      #expect(record.offset == 0)
      #expect(record.key == Array("key".utf8))
      #expect(record.value == Array("value".utf8))
      #expect(record.headers == headers)
      #expect(record.timestamp == 1_700_000_000_123)
      return record.offset
    }
    #expect(read == [0])
    await consumer.close()
    await producer.close()
  }

  @Test func `keeps null and empty apart`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let results = await producer.send([
      ProducerRecord(topic: "t", partition: 0, key: nil, value: nil),
      ProducerRecord(topic: "t", partition: 0, key: [], value: []),
      ProducerRecord(topic: "t", partition: 0, key: nil, value: nil, headers: [RecordHeader("h", "")]),
      ProducerRecord(topic: "t", partition: 0, key: [], value: [], timestamp: 1),
    ])
    #expect(try results.map { try $0.get().offset } == [0, 1, 2, 3])
    let consumer = try await bench.reader()
    let read = try await consumer.read(4) { [$0.key, $0.value] }
    #expect(read == [[nil, nil], [[], []], [nil, nil], [[], []]])
    await consumer.close()
    await producer.close()
  }

  @Test func `is one of many that land in order`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let texts = (0..<10_000).map { "message \($0)" }
    let results = await producer.send(texts.map { .text($0) })
    #expect(try results.map { try $0.get().offset } == Array(0..<10_000))
    let consumer = try await bench.reader()
    #expect(try await consumer.values(10_000) == texts)
    await consumer.close()
    await producer.close()
  }

  @Test func `may have two megabytes`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["message.max.bytes": "4000000"])
    let value = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    _ = try await producer.send(ProducerRecord(topic: "t", partition: 0, value: value))
    let consumer = try await bench.reader()
    let read = try await consumer.read(1) { $0.value }
    #expect(read == [value])
    await consumer.close()
    await producer.close()
  }
}
