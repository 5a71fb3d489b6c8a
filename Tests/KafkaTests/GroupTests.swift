import Kafka
import Synchronization
import Testing

/// The embedded broker lets the first member wait 3 s and later ones the session time-out less 1 s.
private let group = ["session.timeout.ms": "6000", "heartbeat.interval.ms": "500"]

@Suite(.timeLimit(.minutes(1)))
struct `Reading as a member of a group` {
  @Test func `hands partitions over only after the handler has let go of them`() async throws {
    let bench = try Bench(partitions: 4)
    let (events, told) = AsyncStream.makeStream(of: (Int, Rebalance).self)
    let handover = Mutex<[String]>([])

    let first = try bench.consumer("group", group) { change, consumer in
      told.yield((1, change))
      guard case .revoked(let partitions) = change else { return }
      // A call inside the handler is answered although librdkafka waits for the handler. A broker
      // takes this commit; the embedded one refuses commits while a group gathers.
      do throws(KafkaError) {
        try await consumer.commit([partitions[0]: 0])
      } catch {
        if error.code != .rebalanceInProgress { Issue.record(error) }
      }
      handover.withLock { $0.append("let go") }
    }
    try await first.subscribe(to: ["t"])
    let reading = Task { for try await _ in first.batches {} }
    var changes = events.makeAsyncIterator()
    guard case (1, .assigned(let all))? = await changes.next() else {
      Issue.record("not assigned")
      return
    }
    #expect(all.sorted() == Bench.partitions(4))

    let second = try bench.consumer("group", group) { change, _ in
      if case .assigned = change { handover.withLock { $0.append("took over") } }
      told.yield((2, change))
    }
    try await second.subscribe(to: ["t"])
    let idle = Task { for try await _ in second.batches {} }
    guard case (1, .revoked(let revoked))? = await changes.next() else {
      Issue.record("not revoked")
      return
    }
    #expect(revoked.sorted() == Bench.partitions(4))

    // The group may gather more than once until both are in.
    var assigned: [Int: [TopicPartition]] = [:]
    while assigned[1]?.count != 2 || assigned[2]?.count != 2, let (member, change) = await changes.next() {
      if case .assigned(let partitions) = change {
        assigned[member] = partitions
      } else {
        assigned[member] = []
      }
    }
    #expect(assigned.values.flatMap { $0 }.sorted() == Bench.partitions(4))
    let order = handover.withLock { $0 }
    #expect(order.first == "let go")
    #expect(order.contains("took over"))
    #expect(try await first.assignment() == Set(assigned[1] ?? []))
    await second.close()
    await first.close()
    reading.cancel()
    idle.cancel()
  }

  @Test func `commits while it leaves and takes up there`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<20).map { .text("\($0)", partition: $0 % 2) })
    let done = [
      TopicPartition(topic: "t", partition: 0): Int64(7), TopicPartition(topic: "t", partition: 1): 10,
    ]
    let first = try bench.consumer("group", group) { change, consumer in
      guard case .revoked(let partitions) = change else { return }
      #expect(partitions.sorted() == Bench.partitions(2))
      do { try await consumer.commit(done) } catch { Issue.record(error) }
    }
    try await first.subscribe(to: ["^t.*"])
    #expect(try await first.values(20).count == 20)
    await first.close()

    let second = try bench.consumer("group", group)
    #expect(try await second.committed(Bench.partitions(2)) == done)
    try await second.subscribe(to: ["t"])
    #expect(try await second.values(3) == ["14", "16", "18"])
    await second.close()
    await producer.close()
  }

  @Test func `does not move another member's offsets`() async throws {
    let bench = try Bench()
    let consumer = try bench.consumer("group", group)
    try await consumer.subscribe(to: ["other"])
    let zero = TopicPartition(topic: "t", partition: 0)
    try await consumer.commit([zero: 5])
    #expect(try await consumer.committed([zero]) == [:])
    await consumer.close()
  }

  @Test func `closes while the handler waits for the close`() async throws {
    let bench = try Bench()
    let (assignments, told) = AsyncStream.makeStream(of: Void.self)
    let consumer = try bench.consumer("group", group) { change, consumer in
      if case .assigned = change { told.yield() } else { await consumer.close() }
    }
    try await consumer.subscribe(to: ["t"])
    let loop = Task { for try await _ in consumer.batches {} }
    for await _ in assignments { break }
    await consumer.close()
    try await loop.value
  }

  @Test func `rebalances cooperatively where it is asked to`() async throws {
    let bench = try Bench(partitions: 2)
    let producer = try bench.producer()
    _ = await producer.send((0..<20).map { .text("\($0)", partition: $0 % 2) })
    let changes = Mutex<[Rebalance]>([])
    let consumer = try bench.consumer(
      "group", group.merging(["partition.assignment.strategy": "cooperative-sticky"]) { $1 }
    ) { change, _ in changes.withLock { $0.append(change) } }
    try await consumer.subscribe(to: ["t"])
    #expect(try await consumer.values(20).count == 20)
    await consumer.close()
    let told = changes.withLock { $0 }
    #expect(told.count == 2)
    #expect(told.first == .assigned(Bench.partitions(2)))
  }
}
