import Jobs
import Storage
import Testing

@Suite
struct CancellingJobs {
  @Test
  func `before it starts: it never runs`() async throws {
    let bench = try JobsBench()
    let ids = try await bench.enqueue(Note("a"), Note("b"))
    #expect(try await bench.store.write { try $0.cancelJob(ids[0]) } == .cancelled)
    try await bench.running { try await bench.until(seen: "succeeded b 1") }
    #expect(try await bench.seen() == ["begin b 1", "succeeded b 1"])
    #expect(try await bench.state(ids[0]) == .cancelled)
  }

  @Test
  func `while it runs: its worker is cancelled, and told`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    try await bench.running(Noting { _, _ in try await gate.passOrBeCancelled() }) {
      let id = try await bench.enqueue(Note("a"))[0]
      try await bench.until(seen: "begin a 1")
      #expect(try await bench.store.write { try $0.cancelJob(id) } == .requested)
      try await bench.until(seen: "cancelled a 1")
      #expect(try await bench.state(id) == .cancelled)
    }
    gate.open()
  }

  @Test
  func `in the transaction that takes it up: it is cancelled all the same`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    // The earliest moment at which it can be asked for: before the runner knows the run.
    let worker = Noting(
      onBegin: { _, run, work in
        let cancellation = try work.cancelJob(run.jobID)
        #expect(cancellation == .requested)
      },
      onPerform: { _, _ in try await gate.passOrBeCancelled() })
    try await bench.running(worker) {
      try await bench.store.write { work in
        for number in 0..<50 { try work.enqueue(Note("\(number)")) }
      }
      try await bench.until {
        try await bench.count("SELECT count(*) FROM jobs WHERE state = 'cancelled'") == 50
      }
    }
    gate.open()
  }

  @Test
  func `a failure of a job that is to be cancelled is its end, not a reason to try again`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    let worker = Noting { _, _ in
      try? await gate.passOrBeCancelled()
      throw JobFailure.transient(reason: "the connection was closed")
    }
    try await bench.running(worker) {
      let id = try await bench.enqueue(Note("a"))[0]
      try await bench.until(seen: "begin a 1")
      _ = try await bench.store.write { try $0.cancelJob(id) }
      try await bench.until(seen: "cancelled a 1")
    }
    gate.open()
    #expect(try await bench.seen() == ["begin a 1", "cancelled a 1"])
  }

  @Test
  func `a worker that takes no notice is not waited for, and what it does later has no effect`() async throws
  {
    let bench = try JobsBench()
    let gate = Gate()
    let store = bench.store
    let worker = Noting(concurrency: 1, cancellationDeadline: .milliseconds(20)) { note, run in
      guard note.text == "a" else { return }
      await gate.pass()
      do {
        try await store.write { work in
          try run.confirm(work)
          try work.writeDown("progress")
        }
      } catch is CancellationError {
        try await store.write { try $0.writeDown("too late") }
      }
    }
    try await bench.running(worker) {
      let ids = try await bench.enqueue(Note("a"), Note("b"))
      try await bench.until(seen: "begin a 1")
      _ = try await bench.store.write { try $0.cancelJob(ids[0]) }
      // Its place is free again.
      try await bench.until(seen: "succeeded b 1")
      gate.open()
      try await bench.until(seen: "too late")
      try await bench.enqueue(Note("c"))
      try await bench.until(seen: "succeeded c 1")
      #expect(try await bench.state(ids[0]) == .cancelled)
    }
    let ofA = try await bench.seen().filter { !$0.contains(" b ") && !$0.contains(" c ") }
    #expect(ofA == ["begin a 1", "cancelled a 1", "too late"])
  }

  @Test
  func `a success is kept, though it was to be cancelled`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    try await bench.running(Noting { _, _ in await gate.pass() }) {
      let id = try await bench.enqueue(Note("a"))[0]
      try await bench.until(seen: "begin a 1")
      #expect(try await bench.store.write { try $0.cancelJob(id) } == .requested)
      gate.open()
      try await bench.until(seen: "succeeded a 1")
      #expect(try await bench.state(id) == .succeeded)
    }
  }

  @Test
  func `after its end: too late`() async throws {
    let bench = try JobsBench()
    let id = try await bench.enqueue(Note("a"))[0]
    try await bench.running { try await bench.until(seen: "succeeded a 1") }
    #expect(try await bench.store.write { try $0.cancelJob(id) } == .tooLate(.succeeded))
    #expect(try await bench.store.write { try $0.cancelJob("nothing") } == .unknown)
  }
}
