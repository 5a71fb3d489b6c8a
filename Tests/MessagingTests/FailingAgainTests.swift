import Foundation
import GRDB
import Kafka
import Messaging
import RoomTesting
import Storage
import Testing

/// What a redrive does about letters that die again.
@Suite("Failing again", .timeLimit(.minutes(2)))
struct FailingAgainTests {
  let bench = try! TestBench()
  let clock = HandClock()

  /// A store with as many dead messages, all refused.
  private func refused(_ count: Int) async throws -> Store {
    let store = try bench.store("reader")
    try await bench.send(
      (0..<count).map { try bench.cloudEvent(Counted(id: "k\($0)", number: $0), id: "event-\($0)") })
    try await bench.running([bench.subscription(store, bench.wire(), handler(.refuse))]) {
      try await store.until { try await store.letters(DeadLetterFilter()).count == count }
    }
    return store
  }

  private func handler(_ behaviour: WriteDown.Behaviour) -> WriteDown {
    WriteDown { _ in behaviour }
  }

  private func runner(_ store: Store) -> RedriveRunner {
    RedriveRunner(store: store, clock: clock, logger: bench.logger)
  }

  @Test func `what fails again at once has cost one letter, whatever the rate`() async throws {
    let store = try await refused(30)
    try await bench.running([bench.subscription(store, bench.wire(), handler(.refuse)), runner(store)]) {
      let redrive = try await store.begin(.all(perSecond: 10_000))
      try await store.until { try await store.redrive(redrive.id)?.state == .stopped }
      let end = try #require(try await store.redrive(redrive.id))
      #expect(end.counts == [30, 1, 0, 1])
      #expect(end.stopReason?.hasSuffix("failed again in the same way: number … is not wanted") == true)
      #expect(end.finishedAt != nil)
    }
    #expect(try await store.letters(DeadLetterFilter()).count == 30)
    #expect(try await store.letters(DeadLetterFilter(state: .redriven)).count == 1)
    try await store.close()
  }

  @Test func `what fails again late has cost a handful: no more are under way than came through, and one`()
    async throws
  {
    let store = try await refused(60)
    // Nobody takes them up: all that is redriven is under way.
    let redrive = try await store.begin(.all(perSecond: 10_000))
    try await bench.running([runner(store)]) {
      while clock.elapsed < .seconds(45) { try await clock.pass() }
      try await clock.sleeping()
    }
    let thrown = try await store.redrive(redrive.id)?.redriven ?? 0
    #expect((4...5).contains(thrown))
    try await bench.running([bench.subscription(store, bench.wire(), handler(.refuse))]) {
      try await store.until { try await store.redrive(redrive.id)?.failedAgain == thrown }
    }
    #expect(try await store.redrive(redrive.id)?.state == .stopped)
    #expect(try await store.letters(DeadLetterFilter()).count == 60)
    try await store.close()
  }

  @Test func `what comes through lets more go`() async throws {
    let store = try await refused(60)
    try await bench.running([bench.subscription(store, bench.wire()), runner(store)]) {
      let redrive = try await store.begin(.all(perSecond: 10_000))
      // 15 steps of one letter, 8 of two, 8 of up to four; no sleep after the last.
      for _ in 0..<30 {
        try await clock.sleeping()
        try await store.until { try await store.count("SELECT count(*) FROM parked") == 0 }
        try await clock.pass()
      }
      try await store.until { try await store.redrive(redrive.id)?.state == .finished }
      try await store.until { try await store.seen().count == 60 }
      #expect(try await store.redrive(redrive.id)?.failedAgain == 0)
      #expect(clock.elapsed < .seconds(7))
    }
    #expect(try await store.letters(DeadLetterFilter()).isEmpty)
    try await store.close()
  }

  @Test func `told to keep going, or failing in another way, it goes on and counts`() async throws {
    let store = try await refused(3)
    try await bench.running([bench.subscription(store, bench.wire(), handler(.refuse)), runner(store)]) {
      let stubborn = try await store.begin(.all(stopOnSameFailure: false))
      for failed in 1...3 {
        try await store.until { try await store.redrive(stubborn.id)?.failedAgain == failed }
        if failed < 3 { try await clock.pass() }
      }
      #expect(try await store.redrive(stubborn.id)?.state == .finished)
    }
    let policy = RetryPolicy(attempts: 1)
    let subscription = bench.subscription(store, bench.wire(), handler(.explode), policy: policy)
    try await bench.running([subscription, runner(store)]) {
      let other = try await store.begin(.all())
      for failed in 1...3 {
        try await store.until { try await store.redrive(other.id)?.failedAgain == failed }
        if failed < 3 { try await clock.pass() }
      }
      #expect(try await store.redrive(other.id)?.state == .finished)
    }
    try await store.close()
  }

  @Test func `a message that is no event is known again by its place`() async throws {
    let store = try bench.store("reader")
    try await bench.send([
      ProducerRecord(topic: Counted.topic.name, partition: 0, key: nil, value: Array("nothing".utf8))
    ])
    try await bench.running([bench.subscription(store, bench.wire())]) {
      try await store.until { try await store.letters().count == 1 }
      let id = try await store.letters()[0].id
      let redrive = try await store.begin(RedriveOrder(.ids([id]), by: "ada", why: "to see"))
      #expect(redrive.state == .finished)
      try await store.until { try await store.redrive(redrive.id)?.failedAgain == 1 }
    }
    try await store.close()
  }

  @Test func `an event that the broker still does not take stops its redrive`() async throws {
    let store = try bench.store("reader")
    let large = String(repeating: "x", count: 1_100_000)
    try await store.publish((0..<3).map { Counted(id: "k\($0)", number: $0, padding: large) })
    try await bench.running([bench.relay(store), runner(store)]) {
      try await store.until { try await store.letters().count == 3 }
      let redrive = try await store.begin(.all())
      try await store.until { try await store.redrive(redrive.id)?.state == .stopped }
      #expect(try await store.redrive(redrive.id)?.redriven == 1)
      #expect(try await store.count("SELECT count(*) FROM outbox WHERE state = 3") == 3)
    }
    try await store.close()
  }

  @Test func `a job that dies again stops its redrive`() async throws {
    let store = try bench.store("reader")
    try await store.bury(["order 1 is closed", "order 2 is closed"])
    let runner = RedriveRunner(store: store, jobs: { _, _ in true }, clock: clock, logger: bench.logger)
    try await bench.running([runner]) {
      let redrive = try await store.begin(.all())
      try await clock.sleeping()
      try await store.bury(["order 7 is closed"])
      #expect(try await store.redrive(redrive.id)?.state == .stopped)
      try await clock.pass()
    }
    #expect(try await store.letters().map(\.state) == [.redriven, .dead, .dead])
    try await store.close()
  }
}
