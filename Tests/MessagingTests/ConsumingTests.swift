import Foundation
import GRDB
import Kafka
import Messaging
import RoomTesting
import Storage
import Synchronization
import Testing

/// What every consumer gets from its subscription, whatever the wire does.
@Suite("Consuming")
struct ConsumingTests {
  let bench = try! TestBench()

  func letters(_ store: Store) async throws -> [DeadLetter] {
    try await store.read { try DeadLetters.list(PageRequest(limit: 500), all: false, in: $0).items }
  }

  @Test func `takes effect once, however often it is delivered`() async throws {
    let reader = try bench.store("reader")
    let event = try bench.cloudEvent(Counted(id: "a", number: 1), id: "one")
    let last = try bench.cloudEvent(Counted(id: "a", number: 2), id: "two")
    try await bench.send(Array(repeating: event, count: 100) + [last])
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      try await reader.until { try await reader.seen().contains { $0.number == 2 } }
    }
    #expect(try await reader.seen().map(\.number) == [1, 2])
    #expect(try await letters(reader).isEmpty)
    try await reader.close()
  }

  @Test func `a request that writes never waits for a whole batch`() async throws {
    // Each unit of work has a time of its own.
    let units = Mutex(0)
    let reader = try bench.store("reader") {
      units.withLock { count in
        count += 1
        return Timestamp(milliseconds: Int64(count))
      }
    }
    let events = try (1...1000).map {
      try bench.cloudEvent(Counted(id: "a", number: $0), id: "\($0)", partition: 0)
    }
    try await bench.send(events)
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      try await reader.until { try await reader.seen().count == 1000 }
    }
    #expect(try await reader.seen().map(\.number) == Array(1...1000))
    let most = try await reader.count(
      "SELECT max(size) FROM (SELECT count(*) AS size FROM inbox GROUP BY handled_at)")
    #expect((2...100).contains(most))
    try await reader.close()
  }

  @Test func `the same id from another source is another event`() async throws {
    let reader = try bench.store("reader")
    let first = try bench.cloudEvent(Counted(id: "a", number: 1), id: "same", partition: 0)
    var second = try bench.cloudEvent(Counted(id: "a", number: 2), id: "same", partition: 0)
    second.headers[2] = RecordHeader("ce_source", "/elsewhere")
    try await bench.send([first, second])
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      try await reader.until { try await reader.seen().map(\.number) == [1, 2] }
    }
    try await reader.close()
  }

  @Test func `an early event waits, and what follows under its key waits behind it; others go on`()
    async throws
  {
    let reader = try bench.store("reader")
    var handler = WriteDown()
    handler.behaviour = { $0.number == 1 ? .postpone(untilSeen: 10) : .handle }
    try await bench.send([
      bench.cloudEvent(Counted(id: "a", number: 1), id: "1", partition: 0),
      bench.cloudEvent(Counted(id: "a", number: 2), id: "2", partition: 0),
      bench.cloudEvent(Counted(id: "b", number: 3), id: "3", partition: 0),
    ])
    try await bench.running([bench.subscription(reader, bench.wire(), handler)]) {
      try await reader.until { try await reader.seen().map(\.number) == [3] }
      #expect(try await reader.count("SELECT count(*) FROM parked") == 2)
      try await bench.send([bench.cloudEvent(Counted(id: "c", number: 10), id: "10", partition: 1)])
      try await reader.until { try await reader.seen().count == 4 }
    }
    let numbers = try await reader.seen().map(\.number)
    let first = try #require(numbers.firstIndex(of: 1))
    let second = try #require(numbers.firstIndex(of: 2))
    #expect(first < second)
    #expect(try await reader.count("SELECT count(*) FROM parked") == 0)
    try await reader.close()
  }

  @Test func `an event that stays early for too long is refused, and its line goes on`() async throws {
    let reader = try bench.store("reader")
    var handler = WriteDown()
    handler.behaviour = { $0.number == 1 ? .postpone(untilSeen: 99) : .handle }
    try await bench.send([
      bench.cloudEvent(Counted(id: "a", number: 1), id: "1"),
      bench.cloudEvent(Counted(id: "a", number: 2), id: "2"),
    ])
    let policy = RetryPolicy(patience: .milliseconds(100))
    try await bench.running([bench.subscription(reader, bench.wire(), handler, policy: policy)]) {
      try await reader.until { try await reader.seen().map(\.number) == [2] }
    }
    let letter = try #require(try await letters(reader).first)
    #expect(letter.reason.contains("was early"))
    try await reader.close()
  }

  @Test func `parked messages survive a restart`() async throws {
    var handler = WriteDown()
    handler.behaviour = { $0.number == 1 ? .postpone(untilSeen: 10) : .handle }
    let first = try bench.store("reader")
    try await bench.send([bench.cloudEvent(Counted(id: "a", number: 1), id: "1")])
    try await bench.running([bench.subscription(first, bench.wire(), handler)]) {
      try await first.until { try await first.count("SELECT count(*) FROM parked") == 1 }
    }
    try await first.close()
    let second = try bench.store("reader")
    try await bench.send([bench.cloudEvent(Counted(id: "b", number: 10), id: "10")])
    try await bench.running([bench.subscription(second, bench.wire(), handler)]) {
      try await second.until { try await second.seen().map(\.number) == [10, 1] }
    }
    try await second.close()
  }

  @Test func `a handler that throws is tried again with its line held, then goes to the dead letters`()
    async throws
  {
    let reader = try bench.store("reader")
    var handler = WriteDown()
    handler.behaviour = { $0.number == 1 ? .explode : .handle }
    try await bench.send([
      bench.cloudEvent(Counted(id: "a", number: 1), id: "1", partition: 0),
      bench.cloudEvent(Counted(id: "a", number: 2), id: "2", partition: 0),
      bench.cloudEvent(Counted(id: "b", number: 3), id: "3", partition: 0),
    ])
    let policy = RetryPolicy(firstDelay: .milliseconds(1), largestDelay: .milliseconds(5), attempts: 4)
    try await bench.running([bench.subscription(reader, bench.wire(), handler, policy: policy)]) {
      try await reader.until { try await reader.seen().count == 2 }
    }
    #expect(Set(try await reader.seen().map(\.number)) == [2, 3])
    let letter = try #require(try await letters(reader).first)
    #expect(letter.attempts == 4)
    #expect(letter.reason.contains("Explosion"))
    try await reader.close()
  }

  @Test func `whatever comes on the topic, each has its sentence and the partition goes on`() async throws {
    let reader = try bench.store("reader")
    var handler = WriteDown()
    handler.behaviour = { $0.number == 13 ? .refuse : .handle }
    let good = try bench.cloudEvent(Counted(id: "a", number: 1), id: "good", partition: 0)
    func bad(_ id: String, _ change: (inout ProducerRecord) -> Void) -> ProducerRecord {
      var record = good
      record.headers[1] = RecordHeader("ce_id", id)
      change(&record)
      return record
    }
    try await bench.send([
      bad("not-json") { $0.value = Array("not json".utf8) },
      bad("tombstone") { $0.value = nil },
      bad("empty") { $0.value = [] },
      bad("wrong-shape") { $0.value = Array(#"{"id":"a"}"#.utf8) },
      bad("large") { $0.value = Array("\"".utf8) + [UInt8](repeating: 0x61, count: 900_000) },
      bad("future") { $0.headers[3] = RecordHeader("ce_type", "test.counted.v2") },
      bad("no-headers") { $0.headers = [] },
      bad("null-key") {
        $0.key = nil
        $0.value = Array("{}".utf8)
      },
      bad("binary") { $0.value = [0xFF, 0xFE, 0x00] },
      try bench.cloudEvent(Counted(id: "a", number: 13), id: "refused", partition: 0),
      good,
    ])
    try await bench.running([bench.subscription(reader, bench.wire(), handler)]) {
      try await reader.until { try await reader.seen().map(\.number) == [1] }
    }
    let reasons = Dictionary(
      try await letters(reader).map { ($0.eventID ?? "none", $0.reason) }, uniquingKeysWith: { $1 })
    #expect(reasons.count == 10)
    #expect(reasons["not-json"]?.contains("it is not JSON") == true)
    #expect(reasons["tombstone"]?.contains("tombstone") == true)
    #expect(reasons["empty"]?.contains("it is not JSON") == true)
    #expect(reasons["wrong-shape"]?.contains("/number is missing") == true)
    #expect(reasons["large"]?.contains("it is not JSON") == true)
    #expect(reasons["future"]?.contains("newer than this version") == true)
    #expect(reasons["none"]?.contains("not a CloudEvent") == true)
    #expect(reasons["null-key"]?.contains("/id is missing") == true)
    #expect(reasons["refused"] == "number 13 is not wanted")
    try await reader.close()
  }

  @Test func `a value of two megabytes is handled like any other`() async throws {
    try bench.broker.createTopic("large", partitions: 1)
    let reader = try bench.store("reader")
    var kafka = bench.kafka
    kafka.properties["message.max.bytes"] = "4000000"
    let producer = try KafkaProducer(kafka, logger: bench.logger)
    let event = Counted(id: "a", number: 1, padding: String(repeating: "x", count: 2_000_000))
    _ = try await producer.send(bench.cloudEvent(event, id: "large"))
    await producer.close()
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      try await reader.until { try await reader.seen().map(\.number) == [1] }
    }
    try await reader.close()
  }

  @Test func `a dead letter is announced on its topic and can be redriven, once`() async throws {
    let reader = try bench.store("reader")
    try bench.broker.createTopic("reader.dead-letters", partitions: 1)
    let wire = bench.wire()
    var refusing = WriteDown()
    refusing.behaviour = { _ in .refuse }
    try await bench.send([bench.cloudEvent(Counted(id: "a", number: 1), id: "1")])
    try await bench.running([bench.relay(reader, wire), bench.subscription(reader, wire, refusing)]) {
      try await reader.until { try await reader.count("SELECT count(*) FROM outbox WHERE state = 2") == 1 }
    }
    #expect(try await reader.seen() == [])
    let id = try #require(try await letters(reader).first?.id)
    let whole = try #require(try await reader.read { try DeadLetters.find(id, in: $0) })
    #expect(whole.value?.contains(#""number":1"#) == true)

    // The handler was mended; an operator tries again.
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      #expect(try await reader.write { try DeadLetters.redrive(id, by: "ada", $0) })
      try await reader.until { try await reader.seen() == [Seen(id: "a", number: 1)] }
    }
    #expect(try await reader.write { try DeadLetters.redrive(id, by: "ada", $0) } == false)
    #expect(try await letters(reader).isEmpty)
    try await reader.close()
  }

  @Test func `a full disk is not the message's fault: it waits and is then handled`() async throws {
    let reader = try bench.store("reader")
    try await reader.write { work in
      let pages = try Int.fetchOne(work.database, sql: "PRAGMA page_count") ?? 0
      try work.database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let large = String(repeating: "x", count: 1000)
    try await bench.send(
      (0..<100).map { try bench.cloudEvent(Counted(id: large + "\($0)", number: $0), id: large + "\($0)") })
    try await bench.running([bench.subscription(reader, bench.wire())]) {
      // The writer still answers; the batch does not fit.
      try await reader.write { try $0.database.execute(sql: "PRAGMA max_page_count = 1000000") }
      try await reader.until { try await reader.seen().count == 100 }
    }
    #expect(try await letters(reader).isEmpty)
    try await reader.close()
  }

  @Test func `the broker goes and comes back, and nothing is lost or doubled`() async throws {
    let writer = try bench.store("writer")
    let reader = try bench.store("reader")
    let wire = bench.wire()
    try await bench.running([bench.relay(writer, wire), bench.subscription(reader, wire)]) {
      for round in 0..<3 {
        bench.broker.takeDown()
        try await writer.publish((0..<20).map { Counted(id: "k\($0 % 5)", number: round * 20 + $0) })
        bench.broker.bringUp()
        try await reader.until { try await reader.seen().count == (round + 1) * 20 }
      }
    }
    let seen = try await reader.seen()
    for key in 0..<5 {
      let numbers = seen.filter { $0.id == "k\(key)" }.map(\.number)
      #expect(numbers == numbers.sorted() && Set(numbers).count == 12)
    }
    try await writer.close()
    try await reader.close()
  }
}
