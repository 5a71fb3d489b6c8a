import GRDB
import Jobs
import Messaging
import ServiceContextModule
import Storage
import Synchronization
import Testing

struct Noted: Event {
  static let name = "test.noted.v1"
  static let topic = Topic("test.noted", partitions: 1)
  let text: String
  var key: String { text }
}

@Suite
struct EnqueuingJobs {
  struct Refused: Error {}

  @Test
  func `what was committed runs, what was rolled back does not`() async throws {
    let bench = try JobsBench()
    try await bench.running {
      await #expect(throws: Refused.self) {
        try await bench.store.write { work in
          try work.enqueue(Note("never"))
          throw Refused()
        }
      }
      try await bench.enqueue(Note("a"))
      try await bench.until(seen: "succeeded a 1")
    }
    #expect(try await bench.seen() == ["begin a 1", "succeeded a 1"])
    #expect(try await bench.count("SELECT count(*) FROM jobs") == 1)
  }

  @Test
  func `is taken up by the transaction that enqueues it, as far as there are places`() async throws {
    let gate = Gate()
    let bench = try JobsBench()
    try await bench.running(Noting(concurrency: 2) { _, _ in await gate.pass() }) {
      // Somebody takes jobs up.
      try await bench.enqueue(Note("first"))
      try await bench.until(seen: "begin first 1")
      let ids = try await bench.enqueue(Note("a"), Note("b"))
      #expect(try await bench.state(ids[0]) == .running)
      #expect(try await bench.state(ids[1]) == .waiting)
      #expect(try await bench.seen() == ["begin first 1", "begin a 1"])
      gate.open()
      try await bench.until(seen: "succeeded first 1", "succeeded a 1", "succeeded b 1")
    }
  }

  @Test
  func `waits for its time`() async throws {
    let clock = StandingClock()
    let bench = try JobsBench { clock.now }
    try await bench.running {
      let due = clock.now + .hours(1)
      try await bench.store.write { _ = try $0.enqueue(Note("later"), runAt: due) }
      try await bench.enqueue(Note("now"))
      try await bench.until(seen: "succeeded now 1")
      #expect(try await !bench.seen().contains("begin later 1"))
      clock.advance(by: .hours(1))
      try await bench.enqueue(Note("wake"))
      try await bench.until(seen: "succeeded later 1")
    }
  }

  @Test
  func `is woken by nothing but the time when that comes`() async throws {
    let bench = try JobsBench()
    try await bench.running {
      try await bench.store.write { _ = try $0.enqueue(Note("a"), runAt: $0.now + .milliseconds(60)) }
      try await bench.until(seen: "succeeded a 1")
    }
    #expect(try await bench.count("SELECT count(*) FROM jobs WHERE started_at >= run_at") == 1)
  }

  @Test
  func `runs as many at a time as allowed, and no more`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    let tally = Tally()
    let worker = Noting(concurrency: 5) { _, _ in
      // The fifth lets everyone go on: nobody would, were there fewer places.
      if tally.enter() == 5 { gate.open() }
      await gate.pass()
      tally.leave()
    }
    try await bench.running(worker) {
      try await bench.store.write { work in
        for number in 0..<40 { try work.enqueue(Note("\(number)")) }
      }
      try await bench.until {
        try await bench.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'") == 40
      }
    }
    #expect(tally.most == 5)
  }

  @Test
  func `a lane runs in order, one at a time, also across a retry, while others go on`() async throws {
    let bench = try JobsBench()
    let (gate, inLane) = (Gate(), Tally())
    let worker = Noting { note, run in
      guard note.lane != nil else { return gate.open() }
      inLane.enter()
      defer { inLane.leave() }
      // Held up until the job without a lane has run, though it was enqueued last.
      await gate.pass()
      if note.text == "a", run.attempt < 3 { throw JobFailure.transient(reason: "not yet") }
    }
    try await bench.enqueue(
      Note("a", lane: "one"), Note("b", lane: "one"), Note("c", lane: "one"), Note("free"))
    try await bench.running(worker) { try await bench.until(seen: "succeeded c 1", "succeeded free 1") }
    #expect(inLane.most == 1)
    #expect(
      try await bench.seen().filter { !$0.contains("free") } == [
        "begin a 1", "retried a 1", "begin a 2", "retried a 2", "begin a 3", "succeeded a 3",
        "begin b 1", "succeeded b 1", "begin c 1", "succeeded c 1",
      ])
  }

  @Test
  func `a cancelled or dead job lets the next of its lane pass`() async throws {
    let bench = try JobsBench()
    let ids = try await bench.enqueue(
      Note("a", lane: "one"), Note("b", lane: "one"), Note("c", lane: "one"))
    #expect(try await bench.store.write { try $0.cancelJob(ids[0]) } == .cancelled)
    let worker = Noting { note, _ in
      if note.text == "b" { throw JobFailure.permanent(reason: "no") }
    }
    try await bench.running(worker) {
      try await bench.until(seen: "succeeded c 1")
      // Redriven while another of its lane waits: behind nobody, and nobody overtakes it twice.
      #expect(try await bench.store.write { try $0.redriveJob(ids[1]) })
      try await bench.until { try await bench.seen().count(where: { $0 == "dead b 1" }) == 2 }
    }
  }

  @Test
  func `a job moved to another lane leaves its own to those behind it`() async throws {
    let bench = try JobsBench()
    try await bench.enqueue(
      Note("a", lane: "one", uniqueKey: "k"), Note("b", lane: "one"), Note("c", lane: "two"))
    try await bench.store.write { work in
      _ = try work.enqueue(Note("a2", lane: "two", uniqueKey: "k"), ifThere: .replace)
    }
    try await bench.running {
      try await bench.until(seen: "succeeded a2 1", "succeeded b 1", "succeeded c 1")
    }
    let seen = try await bench.seen()
    #expect(seen.firstIndex(of: "begin a2 1")! > seen.firstIndex(of: "succeeded c 1")!)
  }

  @Test
  func `a unique key is there once, can be given new content, and is free again at the end`() async throws {
    let bench = try JobsBench()
    let first = try await bench.store.write { try $0.enqueue(Note("a", uniqueKey: "k")) }
    guard case .created(let id) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(
      try await bench.store.write { try $0.enqueue(Note("b", uniqueKey: "k")) } == .alreadyThere(id: id))
    #expect(
      try await bench.store.write { try $0.enqueue(Note("c", uniqueKey: "k"), ifThere: .replace) }
        == .replaced(id: id))
    try await bench.running { try await bench.until(seen: "succeeded c 1") }
    #expect(try await bench.seen() == ["begin c 1", "succeeded c 1"])
    let again = try await bench.store.write { try $0.enqueue(Note("d", uniqueKey: "k")) }
    #expect(again.id != id)
  }

  @Test
  func `a running job is not replaced`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    try await bench.running(Noting { _, _ in await gate.pass() }) {
      let id = try await bench.enqueue(Note("a", uniqueKey: "k"))[0]
      try await bench.until(seen: "begin a 1")
      #expect(
        try await bench.store.write { try $0.enqueue(Note("b", uniqueKey: "k"), ifThere: .replace) }
          == .alreadyThere(id: id))
      gate.open()
      try await bench.until(seen: "succeeded a 1")
    }
  }

  @Test
  func `the story of who enqueued it goes on in its worker and its events`() async throws {
    let bench = try JobsBench()
    let inWorker = Mutex<[String?]>([])
    let worker = Noting(
      onSettle: { note, _, work in try work.publish(Noted(text: note.text)) },
      onPerform: { _, _ in
        let context = ServiceContext.current
        inWorker.withLock { $0 = [context?.correlationID, context?.causationID] }
      })
    let context = {
      var context = ServiceContext.topLevel
      context.correlationID = "story"
      context.causationID = "cause"
      return context
    }()
    try await bench.running(worker) {
      try await ServiceContext.withValue(context) { _ = try await bench.enqueue(Note("a")) }
      try await bench.until(seen: "succeeded a 1")
    }
    #expect(inWorker.withLock { $0 } == ["story", "cause"])
    let published = try await bench.store.read {
      try Row.fetchOne($0, sql: "SELECT correlation_id, causation_id FROM outbox").map {
        [$0[0] as String?, $0[1] as String?]
      }
    }
    #expect(published == ["story", "cause"])
  }

  @Test
  func `twenty thousand jobs that do nothing all succeed`() async throws {
    let bench = try JobsBench()
    try await bench.store.write { work in
      for number in 0..<20_000 { try work.enqueue(Nothing(number: number)) }
    }
    try await bench.running(DoingNothing()) {
      try await bench.until {
        try await bench.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'") == 20_000
      }
    }
    #expect(try await bench.count("SELECT count(*) FROM jobs WHERE attempt != 1 OR run != 1") == 0)
  }
}
