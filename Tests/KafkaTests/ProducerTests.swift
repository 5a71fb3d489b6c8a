import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct `Sending` {
  @Test func `waits when the queue is full and loses or reorders nothing`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["queue.buffering.max.messages": "10", "linger.ms": "1"])
    let texts = (0..<2_000).map { "message \($0)" }
    let results = await producer.send(texts.map { .text($0, key: "same") })
    #expect(try results.map { try $0.get().offset } == Array(0..<2_000))
    let consumer = try await bench.reader()
    #expect(try await consumer.values(2_000) == texts)
    await consumer.close()
    await producer.close()
  }

  @Test func `lets many tasks share a full queue`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["queue.buffering.max.messages": "7"])
    let offsets = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for task in 0..<20 {
        group.addTask {
          let results = await producer.send((0..<50).map { .text("\(task) \($0)") })
          return try results.map { try $0.get().offset }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(offsets).count == 1_000)
    await producer.close()
  }

  @Test func `refuses a record that is larger than the whole queue instead of waiting for ever`() async throws
  {
    let bench = try Bench()
    let producer = try bench.producer(["queue.buffering.max.kbytes": "1"])
    let results = await producer.send([
      .text("before"), .text(String(repeating: "x", count: 10_000)), .text("after"),
    ])
    #expect(results.map { (try? $0.get())?.offset } == [0, nil, 1])
    let error = #expect(throws: KafkaError.self) { _ = try results[1].get() }
    #expect(error?.code == .queueFull)
    await producer.close()
  }

  @Test func `tells which record was too large and sends the others`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    let results = await producer.send([
      .text("before"),
      ProducerRecord(
        topic: "t", partition: 0, value: [UInt8](repeating: 1, count: 2_000_000),
        headers: [RecordHeader("h", "v")]),
      .text("after"),
    ])
    #expect(results.map { (try? $0.get())?.offset } == [0, nil, 1])
    let error = #expect(throws: KafkaError.self) { _ = try results[1].get() }
    #expect(error?.code == .messageSizeTooLarge)
    #expect(error?.persistence == .notPersisted)
    #expect(error?.isRetriable == false)
    await producer.close()
  }

  @Test func `gives a record for a partition that is not there its own error`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["message.timeout.ms": "5000"])
    let results = await producer.send([.text("a"), .text("b", partition: 99), .text("c")])
    #expect(results.map { (try? $0.get())?.offset } == [0, nil, 1])
    let error = #expect(throws: KafkaError.self) { _ = try results[1].get() }
    #expect(error?.code == .unknownPartition)
    await producer.close()
  }

  @Test func `keeps a key on one partition`() async throws {
    let bench = try Bench(partitions: 8)
    let producer = try bench.producer()
    let results = await producer.send((0..<100).map { .text("\($0)", key: "k\($0 % 10)", partition: nil) })
    let places = try results.map { try $0.get().partition }
    for key in 0..<10 {
      #expect(Set(stride(from: key, to: 100, by: 10).map { places[$0] }).count == 1)
    }
    #expect(Set(places).count > 1)
    await producer.close()
  }

  @Test func `outlasts a broker that is down`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = try await producer.send(.text("first"))
    bench.broker.takeDown()
    async let sent = producer.send((0..<500).map { .text("down \($0)") })
    while producer.inFlight < 500 { await Task.yield() }
    bench.broker.bringUp()
    #expect(try await sent.map { try $0.get().offset } == Array(1...500))
    await producer.close()
  }

  @Test func `tries again after errors of the broker`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["retry.backoff.ms": "5"])
    bench.broker.inject([.notLeader, .requestTimedOut, .notEnoughReplicas], into: .produce)
    #expect(try await producer.send(.text("at last")).offset == 0)
    await producer.close()
  }

  @Test func `fails with a timed-out message when no broker can be reached`() async throws {
    let producer = try KafkaProducer(
      KafkaConfiguration(
        bootstrapServers: "127.0.0.1:1", properties: ["message.timeout.ms": "200", "linger.ms": "0"]),
      logger: testLogger)
    let error = await #expect(throws: KafkaError.self) { _ = try await producer.send(.text("x")) }
    #expect(error?.code == .messageTimedOut)
    #expect(error?.isRetriable == true)
    #expect(error?.persistence == .notPersisted)
    await producer.close()
  }

  @Test func `surfaces a fatal error once and for all`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    _ = try await producer.send(.text("before"))
    #expect(producer.fatalError == nil)
    bench.broker.takeDown()
    async let waiting = producer.send((0..<100).map { .text("waiting \($0)") })
    while producer.inFlight < 100 { await Task.yield() }
    producer.failFatally(.init(rawValue: 45), "out of order")
    for result in await waiting {
      let error = #expect(throws: KafkaError.self) { _ = try result.get() }
      #expect(error?.isFatal == true)
      #expect(error?.code.rawValue == 45)
    }
    let late = await #expect(throws: KafkaError.self) { _ = try await producer.send(.text("after")) }
    #expect(late?.isFatal == true)
    #expect(late?.persistence == .notPersisted)
    #expect(producer.fatalError?.code.rawValue == 45)
    await producer.close()
  }

  @Test func `is only detached by cancelling`() async throws {
    let bench = try Bench()
    let producer = try bench.producer()
    bench.broker.takeDown()
    let task = Task { try await producer.send(.text("still on its way")) }
    task.cancel()
    let error = await #expect(throws: KafkaError.self) { _ = try await task.value }
    #expect(error?.code == .cancelled)
    #expect(error?.persistence == .possiblyPersisted)
    bench.broker.bringUp()
    await producer.flush()
    let consumer = try await bench.reader()
    #expect(try await consumer.values(1) == ["still on its way"])
    await consumer.close()
    await producer.close()
  }

  @Test func `flushes what lingers`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["linger.ms": "60000"])
    let sent = Task { await producer.send((0..<10).map { .text("\($0)") }) }
    while producer.inFlight == 0 { await Task.yield() }
    await producer.flush()
    #expect(try await sent.value.map { try $0.get().offset } == Array(0..<10))
    await producer.close()
  }

  @Test func `ends at once when closed while nothing can be delivered`() async throws {
    let producer = try KafkaProducer(
      KafkaConfiguration(
        bootstrapServers: "127.0.0.1:1", properties: ["queue.buffering.max.messages": "100"]),
      logger: testLogger)
    // More than the queue holds, so that some have not even reached librdkafka.
    let waiting = (0..<10).map { _ in Task { await producer.send((0..<100).map { .text("\($0)") }) } }
    let clock = ContinuousClock()
    let time = await clock.measure { await producer.close(within: .milliseconds(100)) }
    #expect(time < .seconds(10))
    for task in waiting {
      for result in await task.value {
        let error = #expect(throws: KafkaError.self) { _ = try result.get() }
        #expect([.purgedFromQueue, .closed].contains(try #require(error).code))
      }
    }
    let late = await #expect(throws: KafkaError.self) { _ = try await producer.send(.text("late")) }
    #expect(late?.code == .closed)
    await producer.close()
  }

  @Test func `delivers what is on its way when closed`() async throws {
    let bench = try Bench()
    let producer = try bench.producer(["linger.ms": "60000"])
    let sent = Task { await producer.send((0..<1000).map { .text("\($0)") }) }
    while producer.inFlight == 0 { await Task.yield() }
    async let first: Void = producer.close()
    async let second: Void = producer.close()
    _ = await (first, second)
    #expect(await sent.value.allSatisfy { (try? $0.get()) != nil })
  }
}
