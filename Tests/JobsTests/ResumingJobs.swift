import Dispatch
import Jobs
import Messaging
import Storage
import Testing

@Suite
struct ResumingJobs {
  @Test
  func `what runs when the program stops is run again at the next start, as the same attempt`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    let worker = Noting { _, run in
      if run.attempt == 1 { throw JobFailure.transient(reason: "once") }
      try await gate.passOrBeCancelled()
    }
    let id = try await bench.enqueue(Note("a"))[0]
    try await bench.running(worker) { try await bench.until(seen: "begin a 2") }
    #expect(try await bench.state(id) == .waiting)
    gate.open()
    try await bench.running(worker) { try await bench.until(seen: "succeeded a 2") }
    #expect(
      try await bench.seen() == ["begin a 1", "retried a 1", "begin a 2", "begin a 2", "succeeded a 2"])
    #expect(try await bench.count("SELECT interruptions FROM jobs") == 0)
  }

  @Test
  func `what is taken up while the program stops is given back before it has stopped`() async throws {
    let bench = try JobsBench()
    let goOn = DispatchSemaphore(value: 0)
    let (beginnings, beginning) = AsyncStream.makeStream(of: Void.self)
    // The second is being taken up, in its transaction, until the first is told to stop.
    let worker = Noting(
      onBegin: { note, _, _ in
        guard note.text == "second" else { return }
        beginning.yield()
        goOn.wait()
      },
      onPerform: { _, _ in
        try await withTaskCancellationHandler {
          try await Gate().passOrBeCancelled()
        } onCancel: {
          goOn.signal()
        }
      })
    let enqueued = try await bench.running(worker) {
      try await bench.enqueue(Note("first"))
      try await bench.until(seen: "begin first 1")
      let enqueued = Task { try await bench.enqueue(Note("second"))[0] }
      for await _ in beginnings { break }
      return enqueued
    }
    let id = try await enqueued.value
    #expect(try await bench.state(id) == .waiting)
    #expect(try await bench.seen() == ["begin first 1", "begin second 1"])
  }

  @Test
  func `a success that comes while the program stops is kept`() async throws {
    let bench = try JobsBench()
    let gate = Gate()
    let worker = Noting { _, _ in try? await gate.passOrBeCancelled() }
    let id = try await bench.enqueue(Note("a"))[0]
    try await bench.running(worker) { try await bench.until(seen: "begin a 1") }
    gate.open()
    #expect(try await bench.state(id) == .succeeded)
    #expect(try await bench.seen() == ["begin a 1", "succeeded a 1"])
  }

  @Test
  func `a worker that does not stop is left behind, and its late end is not the next run's`() async throws {
    let bench = try JobsBench()
    let (gate, second) = (Gate(), Gate())
    let tally = Tally()
    let store = bench.store
    let worker = Noting { _, run in
      guard tally.enter() == 1 else { return await second.pass() }
      await gate.pass()
      await #expect(throws: CancellationError.self) { try await store.write { try run.confirm($0) } }
      try await store.write { try $0.writeDown("late") }
    }
    let id = try await bench.enqueue(Note("a"))[0]
    let start = ContinuousClock.now
    try await bench.running(worker) { try await bench.until(seen: "begin a 1") }
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(try await bench.state(id) == .waiting)
    try await bench.running(worker) {
      try await bench.until { try await bench.state(id) == .running }
      gate.open()
      try await bench.until(seen: "late")
      #expect(try await bench.state(id) == .running)
      second.open()
      try await bench.until(seen: "succeeded a 1")
    }
    #expect(try await bench.seen() == ["begin a 1", "begin a 1", "late", "succeeded a 1"])
  }

  /// What a process that was killed leaves behind.
  private func crash(_ bench: JobsBench, attempt: Int, interruptions: Int = 0) async throws {
    try await bench.change(
      """
      UPDATE jobs SET state = 'running', attempt = \(attempt), run = \(attempt), \
      interruptions = \(interruptions)
      """)
  }

  @Test
  func `what ran when the process died is run again, as the same attempt`() async throws {
    let bench = try JobsBench()
    try await bench.enqueue(Note("a"), Note("b", lane: "one"))
    try await crash(bench, attempt: 2)
    try await bench.enqueue(Note("c", lane: "one"))
    try await bench.running(Noting(concurrency: 1)) {
      try await bench.until(seen: "succeeded a 2", "succeeded b 2", "succeeded c 1")
    }
    #expect(
      try await bench.seen() == [
        "begin a 2", "succeeded a 2", "begin b 2", "succeeded b 2", "begin c 1", "succeeded c 1",
      ])
  }

  @Test
  func `what was to be cancelled when the process died is cancelled, and its worker told`() async throws {
    let bench = try JobsBench()
    let id = try await bench.enqueue(Note("a"))[0]
    try await crash(bench, attempt: 1)
    #expect(try await bench.store.write { try $0.cancelJob(id) } == .requested)
    try await bench.running { try await bench.until(seen: "cancelled a 1") }
    #expect(try await bench.seen() == ["cancelled a 1"])
    #expect(try await bench.state(id) == .cancelled)
  }

  @Test
  func `a job that takes the process down again and again is dead`() async throws {
    let bench = try JobsBench()
    let id = try await bench.enqueue(Note("a"))[0]
    try await crash(bench, attempt: 1, interruptions: 5)
    try await bench.running { try await bench.until(seen: "dead a 1") }
    #expect(try await bench.seen() == ["dead a 1"])
    #expect(try await bench.state(id) == .dead)
    #expect(try await bench.deadLetters().map(\.reason) == ["the process ended 6 times while it ran"])
  }

  @Test
  func `five times may be chance`() async throws {
    let bench = try JobsBench()
    try await bench.enqueue(Note("a"))
    try await crash(bench, attempt: 1, interruptions: 4)
    try await bench.running { try await bench.until(seen: "succeeded a 1") }
  }
}
