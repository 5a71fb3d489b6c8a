import Foundation
import GRDB
import Kafka
import Messaging
import RoomTesting
import Storage
import Testing

@Suite("Publishing")
struct PublishingTests {
  let bench = try! TestBench()

  @Test func `an event is on the wire as a CloudEvent, its value plain JSON, its key the entity`()
    async throws
  {
    let store = try bench.store("writer")
    try await store.publish([Counted(id: "a", number: 7)])
    try await bench.running([bench.relay(store)]) {
      try await store.until { try await store.count("SELECT count(*) FROM outbox WHERE state = 2") == 1 }
    }
    let consumer = try KafkaConsumer(bench.kafka, groupID: "reader", logger: bench.logger)
    try await consumer.assign((0..<4).map { TopicPartition(topic: Counted.topic.name, partition: $0) })
    for try await batch in consumer.batches {
      let record = try #require(batch.first)
      #expect(record.key == Array("a".utf8))
      #expect(record.value == Array(#"{"id":"a","number":7}"#.utf8))
      let headers = Dictionary(
        uniqueKeysWithValues: record.headers.map {
          ($0.name, String(decoding: $0.value ?? [], as: UTF8.self))
        })
      #expect(headers["ce_specversion"] == "1.0")
      #expect(headers["ce_type"] == "test.counted.v1")
      #expect(headers["ce_source"] == "/waybill/writer")
      #expect(headers["ce_subject"] == "a")
      #expect(headers["content-type"] == "application/json")
      #expect(headers["ce_id"].flatMap { UUID(uuidString: $0) } != nil)
      #expect(headers["ce_time"].flatMap { Timestamp($0) } != nil)
      #expect(headers["ce_correlationid"] == headers["ce_id"])
      break
    }
    await consumer.close()
    try await store.close()
  }

  @Test func `events of a decision that was rolled back never leave`() async throws {
    struct Refusal: Error {}
    let store = try bench.store("writer")
    try? await store.write { work in
      try work.publish(Counted(id: "a", number: 1))
      throw Refusal()
    }
    #expect(try await store.count("SELECT count(*) FROM outbox") == 0)
    try await store.close()
  }

  @Test func `what is committed while the broker is down is sent when it is back`() async throws {
    let store = try bench.store("writer")
    bench.broker.takeDown()
    try await store.publish((0..<50).map { Counted(id: "a", number: $0) })
    try await bench.running([bench.relay(store)]) {
      #expect(try await store.count("SELECT count(*) FROM outbox WHERE state = 0") == 50)
      bench.broker.bringUp()
      try await store.until { try await store.count("SELECT count(*) FROM outbox WHERE state = 2") == 50 }
    }
    let offsets = try await store.read {
      try Int64.fetchAll($0, sql: #"SELECT "offset" FROM outbox ORDER BY seq"#)
    }
    #expect(offsets == offsets.sorted())
    #expect(Set(offsets).count == 50)
    try await store.close()
  }

  @Test func `a clean stop does not wait for a broker that is away, and the rows stay`() async throws {
    let store = try bench.store("writer")
    bench.broker.takeDown()
    try await store.publish([Counted(id: "a", number: 1)])
    let clock = ContinuousClock()
    let stopped = try await clock.measure { try await bench.running([bench.relay(store)]) {} }
    #expect(stopped < .seconds(10))
    #expect(try await store.count("SELECT count(*) FROM outbox WHERE state = 0") == 1)
    try await store.close()
  }

  @Test func `an event too large for the broker is put aside and holds up only its own key`() async throws {
    let store = try bench.store("writer")
    let large = String(repeating: "x", count: 1_100_000)
    try await store.publish([
      Counted(id: "a", number: 1), Counted(id: "a", number: 2, padding: large), Counted(id: "a", number: 3),
      Counted(id: "b", number: 4),
    ])
    try await bench.running([bench.relay(store)]) {
      try await store.until {
        try await store.count("SELECT count(*) FROM outbox WHERE topic = 'test.counted' AND state = 2") == 2
      }
      let letters = try await store.read { try DeadLetters.list(PageRequest(), all: false, in: $0) }
      let letter = try #require(letters.items.first)
      #expect(letter.kind == .outgoing)
      #expect(letter.reason.contains("message.max.bytes"))
      #expect(
        try await store.count("SELECT count(*) FROM outbox WHERE state = 0 AND topic = 'test.counted'") == 1)
      // Once it is given up, what waited behind it goes on.
      let discarded = try await store.write { try DeadLetters.discard(letter.id, by: "ada", $0) }
      #expect(discarded)
      try await store.until {
        try await store.count("SELECT count(*) FROM outbox WHERE topic = 'test.counted' AND state = 2") == 3
      }
    }
    try await store.close()
  }

  @Test func `an embedded broker that forgot everything gets again what was not consumed, and nothing else`()
    async throws
  {
    let writer = try bench.store("writer")
    let reader = try bench.store("reader")
    let first = EmbeddedLedger()
    let wire = bench.wire(first)
    try await writer.publish([Counted(id: "a", number: 1)])
    try await bench.running([bench.relay(writer, wire), bench.subscription(reader, wire)]) {
      try await writer.until { try await writer.count("SELECT count(*) FROM outbox WHERE state = 2") == 1 }
    }
    // The reader is announced, so its messages count as unconsumed, but it does not run.
    let idle = bench.wire(EmbeddedLedger())
    _ = bench.subscription(reader, idle)
    try await writer.publish([Counted(id: "a", number: 2)])
    try await bench.running([bench.relay(writer, idle)]) {
      try await writer.until { try await writer.count("SELECT count(*) FROM outbox WHERE state = 1") == 1 }
    }
    // Another broker, as after a restart: empty.
    let second = try TestBench()
    let again = second.wire()
    try await bench.running([bench.subscription(reader, again), bench.relay(writer, again)]) {
      try await reader.until { try await reader.seen().count == 2 }
      try await writer.until { try await writer.count("SELECT count(*) FROM outbox WHERE state = 2") == 2 }
    }
    #expect(try await reader.seen() == [Seen(id: "a", number: 1), Seen(id: "a", number: 2)])
    try await writer.close()
    try await reader.close()
  }

  @Test func `no more is given to the embedded broker than it retains`() async throws {
    let writer = try bench.store("writer")
    let reader = try bench.store("reader")
    let padding = String(repeating: "x", count: 20_000)
    // 12 MB under one key, so in one partition, of which the broker keeps 5 MiB.
    try await writer.publish((0..<600).map { Counted(id: "a", number: $0, padding: padding) })
    let wire = bench.wire()
    let subscription = bench.subscription(reader, wire)
    try await bench.running([bench.relay(writer, wire)]) {
      try await writer.until { try await writer.count("SELECT count(*) FROM outbox WHERE state = 1") > 50 }
    }
    #expect(try await writer.count("SELECT count(*) FROM outbox WHERE state = 0") > 0)
    try await bench.running([bench.relay(writer, wire), subscription]) {
      try await reader.until { try await reader.seen().count == 600 }
    }
    #expect(try await reader.seen().map(\.number) == Array(0..<600))
    try await writer.close()
    try await reader.close()
  }
}
