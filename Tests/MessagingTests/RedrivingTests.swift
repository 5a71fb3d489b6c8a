import Foundation
import GRDB
import Kafka
import Messaging
import RoomTesting
import Storage
import Testing

/// Trying dead letters again, many at a time.
@Suite("Redriving", .timeLimit(.minutes(2)))
struct RedrivingTests {
  let bench = DeadLetterBench()
  let clock = HandClock()

  @Test
  func `goes from the oldest letter on, one in the first second, twice as many in each, up to the rate`()
    async throws
  {
    let store = try bench.store()
    try await store.bury(Array(repeating: "closed", count: 20))
    try await running([bench.runner(store, clock)], bench.logger) {
      let redrive = try await store.begin(.all(perSecond: 4))
      #expect(redrive.state == .running)
      #expect(redrive.total == 20)
      var waits: [Duration] = []
      for step in 1...19 {
        waits.append(try await clock.sleeping())
        #expect(try await store.redrive(redrive.id)?.redriven == step)
        try await clock.pass()
      }
      #expect(
        waits.prefix(5) == [
          .seconds(1), .milliseconds(500), .milliseconds(500), .milliseconds(250), .milliseconds(250),
        ])
      #expect(waits.dropFirst(5).allSatisfy { $0 == .milliseconds(250) })
      try await store.until { try await store.redrive(redrive.id)?.state == .finished }
      // 1 second for the first, 1 for two, 4 for sixteen.
      #expect(clock.elapsed == .seconds(6))
    }
    #expect(try await store.seen().map(\.id) == (0..<20).map { "job-\($0)" })
    #expect(try await store.letters().allSatisfy { $0.state == .redriven })
    try await store.close()
  }

  @Test func `at a high rate it takes a hundred a step and no more`() async throws {
    let store = try bench.store()
    try await store.bury(Array(repeating: "closed", count: 3000))
    try await running([bench.runner(store, clock)], bench.logger) {
      let redrive = try await store.begin(.all(perSecond: 10_000))
      var before = 0
      var largest = 0
      while try await store.redrive(redrive.id)?.state == .running {
        let now = try await store.redrive(redrive.id)?.redriven ?? 0
        largest = max(largest, now - before)
        before = now
        guard now < 2900 else { break }
        try await clock.pass()
        try await clock.sleeping()
      }
      #expect(largest == 100)
    }
    try await store.close()
  }

  @Test func `is on record with who and why, and each letter names it`() async throws {
    let store = try bench.store()
    try await store.bury(["closed", "closed"])
    let ids = try await store.letters().map(\.id)
    let order = RedriveOrder(.ids([ids[1]]), by: "ada", why: "reopened")
    let redrive = try await store.write { try Redrive.begin(order, jobs: { _, _ in true }, $0) }
    #expect(redrive.state == .finished)
    #expect(redrive.counts == [1, 1, 0, 0])
    let kept = try #require(try await store.redrive(redrive.id))
    #expect(kept.by == "ada")
    #expect(kept.why == "reopened")
    #expect(kept.ids == [ids[1]])
    #expect(kept.finishedAt != nil)
    let letters = try await store.letters()
    #expect(letters.map(\.state) == [.dead, .redriven])
    #expect(letters.map(\.redriveID) == [nil, redrive.id])
    #expect(letters[1].settledBy == "ada")
    try await store.close()
  }

  @Test func `what is unknown, settled, or a job that cannot run again is skipped, and stays as it is`()
    async throws
  {
    let store = try bench.store()
    try await store.bury(["closed", "closed", "closed"])
    let ids = try await store.letters().map(\.id)
    _ = try await store.write { try DeadLetters.discard(ids[0], by: "ada", $0) }
    let order = RedriveOrder(.ids(ids + ["nobody"]), by: "ada", why: "reopened")
    let redrive = try await store.write { work in
      try Redrive.begin(order, jobs: { job, _ in job == "job-2" }, work)
    }
    #expect(redrive.counts == [4, 1, 3, 0])
    #expect(try await store.letters().map(\.state) == [.discarded, .dead, .redriven])
    try await store.close()
  }

  @Test func `a letter whose redrive fails does not hold the others up`() async throws {
    struct Broken: Error {}
    let store = try bench.store()
    try await store.bury(["closed", "closed", "closed"])
    let runner = RedriveRunner(
      store: store,
      jobs: { job, work in
        try work.database.execute(sql: "INSERT INTO seen (id, number) VALUES (?, 0)", arguments: [job])
        if job == "job-1" { throw Broken() }
        return true
      }, clock: clock, logger: bench.logger)
    try await running([runner], bench.logger) {
      let redrive = try await store.begin(.all())
      try await clock.pass()
      try await clock.pass()
      try await store.until { try await store.redrive(redrive.id)?.state == .finished }
      #expect(try await store.redrive(redrive.id)?.skipped == 1)
    }
    #expect(try await store.seen().map(\.id) == ["job-0", "job-2"])
    #expect(try await store.letters().map(\.state) == [.redriven, .dead, .redriven])
    try await store.close()
  }

  @Test func `what dies after its beginning is no part of it`() async throws {
    let store = try bench.store()
    try await store.bury(["closed", "closed"])
    try await running([bench.runner(store, clock)], bench.logger) {
      let redrive = try await store.begin(.all())
      try await clock.sleeping()
      try await store.bury(["closed"], from: 2)
      try await clock.pass()
      try await store.until { try await store.redrive(redrive.id)?.state == .finished }
      #expect(try await store.redrive(redrive.id)?.total == 2)
    }
    #expect(try await store.letters().map(\.state) == [.redriven, .redriven, .dead])
    try await store.close()
  }

  @Test func `what others settled meanwhile counts as skipped`() async throws {
    let store = try bench.store()
    try await store.bury(["closed", "closed", "closed"])
    try await running([bench.runner(store, clock)], bench.logger) {
      let redrive = try await store.begin(.all())
      try await clock.sleeping()
      let second = try await store.letters()[1].id
      _ = try await store.write { try DeadLetters.discard(second, by: "bob", $0) }
      try await clock.pass()
      try await store.until { try await store.redrive(redrive.id)?.state == .finished }
      let end = try #require(try await store.redrive(redrive.id))
      #expect(end.counts == [3, 2, 1, 0])
    }
    try await store.close()
  }

  @Test func `a filter that means nothing is over at once`() async throws {
    let store = try bench.store()
    let redrive = try await store.begin(.all())
    #expect(redrive.state == .finished)
    #expect(redrive.total == 0)
    try await store.close()
  }

  @Test func `cancelled, it leaves the rest dead, and ends once`() async throws {
    let store = try bench.store()
    try await store.bury(Array(repeating: "closed", count: 5))
    try await running([bench.runner(store, clock)], bench.logger) {
      let redrive = try await store.begin(.all())
      try await clock.sleeping()
      let cancelled = try await store.write { try Redrive.cancel(redrive.id, by: "bob", $0) }
      #expect(cancelled?.state == .cancelled)
      #expect(cancelled?.stopReason == "bob cancelled it.")
      try await clock.pass()
      let again = try await store.write { try Redrive.cancel(redrive.id, by: "eve", $0) }
      #expect(again?.stopReason == "bob cancelled it.")
      #expect(try await store.write { try Redrive.cancel("nobody", by: "eve", $0) } == nil)
    }
    #expect(try await store.seen().map(\.id) == ["job-0"])
    #expect(try await store.letters(DeadLetterFilter()).count == 4)
    try await store.close()
  }

  @Test func `the process killed, it is taken up where it was, and no letter twice`() async throws {
    let first = try bench.store()
    try await first.bury(Array(repeating: "closed", count: 12))
    let redrive = try await first.begin(.all(perSecond: 2))
    let runner = bench.runner(first, clock)
    let doomed = Task { try await runner.run() }
    for _ in 0..<4 { try await clock.pass() }
    try await clock.sleeping()
    doomed.cancel()
    try await doomed.value
    try await first.close()

    let second = try bench.store()
    #expect(try await second.seen().count == 5)
    let later = HandClock()
    try await running([bench.runner(second, later)], bench.logger) {
      // Slowly again: nobody knows what it was that killed the process.
      #expect(try await later.pass() == .seconds(1))
      // Each sleep comes after a step: the twelfth letter is followed by none.
      for _ in 0..<5 { try await later.pass() }
      try await second.until { try await second.redrive(redrive.id)?.state == .finished }
    }
    #expect(try await second.seen().map(\.id) == (0..<12).map { "job-\($0)" })
    #expect(try await second.redrive(redrive.id)?.redriven == 12)
    try await second.close()
  }

  @Test func `a clean stop does not wait for the next step`() async throws {
    let store = try bench.store()
    try await store.bury(["closed", "closed"])
    let stopped = try await ContinuousClock().measure {
      try await running([bench.runner(store, ContinuousClock())], bench.logger) {
        _ = try await store.begin(.all(perSecond: 0.01))
        try await store.until { try await store.seen().count == 1 }
      }
    }
    #expect(stopped < .seconds(50))
    #expect(try await store.count("SELECT count(*) FROM redrives WHERE state = 'RUNNING'") == 1)
    try await store.close()
  }

  @Test func `redrives that are over are deleted in time, those that run stay`() async throws {
    let store = try bench.store()
    try await store.bury(["closed", "closed"])
    let id = try await store.letters()[0].id
    _ = try await store.write {
      try Redrive.begin(RedriveOrder(.ids([id]), by: "ada", why: "x"), jobs: { _, _ in true }, $0)
    }
    let running = try await store.begin(.all())
    let retention = MessagingRetention(deadLetters: .days(30))
    _ = try await store.write { try retention.prune($0, limit: 100) }
    #expect(try await store.count("SELECT count(*) FROM redrives") == 2)
    let none = MessagingRetention(deadLetters: .milliseconds(-1))
    _ = try await store.write { try none.prune($0, limit: 100) }
    let left = try await store.read { try Redrive.list(PageRequest(), in: $0).items.map(\.id) }
    #expect(left == [running.id])
    #expect(try await store.letters().map(\.state) == [.dead])
    try await store.close()
  }
}
