import GRDB
import Jobs
import Messaging
import Storage
import Testing

@Suite
struct EndingJobs {
  struct Odd: Error {}

  @Test
  func `a transient error is tried again, and is a dead letter when the attempts are used up`() async throws {
    let bench = try JobsBench()
    let worker = Noting { _, _ in throw JobFailure.transient(reason: "no answer") }
    let id = try await bench.enqueue(Note("a"))[0]
    try await bench.running(worker) { try await bench.until(seen: "dead a 3") }
    #expect(
      try await bench.seen() == [
        "begin a 1", "retried a 1", "begin a 2", "retried a 2", "begin a 3", "dead a 3",
      ])
    #expect(try await bench.state(id) == .dead)
    let letters = try await bench.deadLetters()
    try #require(letters.count == 1)
    #expect(letters[0].kind == .job)
    #expect(letters[0].eventID == id)
    #expect(letters[0].type == Note.kind)
    #expect(letters[0].topic == "jobs")
    #expect(letters[0].reason == "no answer")
    #expect(letters[0].attempts == 3)
  }

  @Test
  func `any other error counts as transient`() async throws {
    let bench = try JobsBench()
    try await bench.enqueue(Note("a"))
    let worker = Noting { _, run in if run.attempt == 1 { throw Odd() } }
    try await bench.running(worker) { try await bench.until(seen: "succeeded a 2") }
    #expect(try await bench.seen() == ["begin a 1", "retried a 1", "begin a 2", "succeeded a 2"])
  }

  @Test
  func `being throttled uses up no attempt`() async throws {
    let bench = try JobsBench()
    let tally = Tally()
    try await bench.enqueue(Note("a"))
    let worker = Noting { _, _ in
      if tally.enter() <= 5 { throw JobFailure.throttled(for: .milliseconds(1), reason: "slower") }
    }
    try await bench.running(worker) { try await bench.until(seen: "succeeded a 1") }
    #expect(try await bench.seen().count(where: { $0 == "retried a 1" }) == 5)
    #expect(try await bench.count("SELECT attempt FROM jobs") == 1)
  }

  @Test
  func `a permanent error is a dead letter at once`() async throws {
    let bench = try JobsBench()
    try await bench.enqueue(Note("a"))
    let worker = Noting { _, _ in throw JobFailure.permanent(reason: "gone") }
    try await bench.running(worker) { try await bench.until(seen: "dead a 1") }
    #expect(try await bench.deadLetters().map(\.attempts) == [1])
  }

  @Test
  func `a redrive runs it again from the first attempt, once`() async throws {
    let bench = try JobsBench()
    let tally = Tally()
    let worker = Noting { _, _ in if tally.enter() <= 3 { throw Odd() } }
    try await bench.enqueue(Note("a"))
    try await bench.running(worker) {
      try await bench.until(seen: "dead a 3")
      let letter = try await bench.deadLetters()[0].id
      let redrive: @Sendable (UnitOfWork) throws -> Bool = { work in
        try DeadLetters.redrive(letter, by: "ada", jobs: { try $1.redriveJob($0) }, work)
      }
      #expect(try await bench.store.write(redrive))
      #expect(try await bench.store.write(redrive) == false)
      try await bench.until(seen: "succeeded a 1")
    }
    #expect(try await bench.deadLetters().isEmpty)
  }

  @Test
  func `a dead job whose key is taken is not redriven, and its letter stays`() async throws {
    let bench = try JobsBench()
    let worker = Noting { note, _ in
      if note.text == "a" { throw JobFailure.permanent(reason: "gone") }
    }
    try await bench.enqueue(Note("a", uniqueKey: "k"))
    try await bench.running(worker) { try await bench.until(seen: "dead a 1") }
    try await bench.enqueue(Note("b", uniqueKey: "k"))
    let letter = try await bench.deadLetters()[0].id
    let redriven = try await bench.store.write {
      try DeadLetters.redrive(letter, by: "ada", jobs: { try $1.redriveJob($0) }, $0)
    }
    #expect(redriven == false)
    #expect(try await bench.deadLetters().map(\.id) == [letter])
  }

  @Test
  func `what settle writes and the end of the job are one, and are tried again together`() async throws {
    let bench = try JobsBench()
    let (settled, performed) = (Tally(), Tally())
    let worker = Noting(
      onSettle: { _, _, work in
        try work.publish(Noted(text: "settled"))
        // The state of the row is this transaction's already.
        let state = try String.fetchOne(work.database, sql: "SELECT state FROM jobs")
        #expect(state == "succeeded")
        if settled.enter() == 1 { throw Odd() }
      },
      onPerform: { _, _ in performed.enter() })
    try await bench.enqueue(Note("a"))
    try await bench.running(worker) { try await bench.until(seen: "succeeded a 1") }
    #expect(settled.most >= 2)
    #expect(performed.most == 1)
    #expect(try await bench.seen() == ["begin a 1", "succeeded a 1"])
    #expect(try await bench.count("SELECT count(*) FROM outbox") == 1)
  }

  @Test
  func `a beginning that throws is undone and counts as a failed attempt; others are not held up`()
    async throws
  {
    let bench = try JobsBench()
    let worker = Noting(onBegin: { note, run, _ in
      if note.text == "a", run.attempt == 1 { throw Odd() }
    })
    try await bench.enqueue(Note("a"), Note("b"))
    try await bench.running(worker) { try await bench.until(seen: "succeeded a 2", "succeeded b 1") }
    let ofA = try await bench.seen().filter { $0.contains(" a ") }
    #expect(ofA == ["retried a 1", "begin a 2", "succeeded a 2"])
  }

  @Test
  func `content that cannot be read goes to the dead letters`() async throws {
    let bench = try JobsBench()
    let id = try await bench.enqueue(Note("a"))[0]
    try await bench.change("UPDATE jobs SET payload = CAST('{' AS BLOB)")
    try await bench.running { try await bench.until { try await bench.state(id) == .dead } }
    #expect(try await bench.seen().isEmpty)
    let letters = try await bench.deadLetters()
    #expect(letters.map(\.eventID) == [id])
    #expect(letters.first?.reason.hasPrefix("its content cannot be read") == true)
  }

  @Test
  func `succeeded and cancelled jobs are deleted in time, dead and unfinished ones stay`() async throws {
    let clock = StandingClock()
    let bench = try JobsBench { clock.now }
    let worker = Noting { note, _ in
      if note.text == "dies" { throw JobFailure.permanent(reason: "no") }
    }
    let ids = try await bench.enqueue(Note("done"), Note("dies"), Note("cancelled"))
    let waiting = try await bench.store.write {
      _ = try $0.cancelJob(ids[2])
      return try $0.enqueue(Note("waits"), runAt: $0.now + .days(30)).id
    }
    try await bench.running(worker) { try await bench.until(seen: "succeeded done 1", "dead dies 1") }
    let retention = JobsRetention(finished: .days(7))
    clock.advance(by: .days(7))
    #expect(try await bench.store.write { try retention.prune($0, limit: 10) } == false)
    #expect(try await bench.count("SELECT count(*) FROM jobs") == 4)
    clock.advance(by: .milliseconds(1))
    #expect(try await bench.store.write { try retention.prune($0, limit: 1) })
    #expect(try await bench.store.write { try retention.prune($0, limit: 10) } == false)
    #expect(try await bench.count("SELECT count(*) FROM jobs") == 2)
    #expect(try await bench.state(ids[1]) == .dead)
    #expect(try await bench.state(waiting) == .waiting)
  }
}
