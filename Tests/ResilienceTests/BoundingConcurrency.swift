import Resilience
import RoomTesting
import Testing

/// How many calls of a dependency are under way at once, and how many wait.
@Suite(.timeLimit(.minutes(1))) struct BoundingConcurrency {
  struct Down: Error {}

  let clock = HandClock()
  let gate = Gate()

  private func bulkhead(_ name: String = "products", limit: Int = 2, queue: Int = 3) -> Bulkhead {
    Bulkhead(name: name, limit: limit, queue: queue, clock: clock)
  }

  /// Returns when the call is inside or waits.
  private func call(_ bulkhead: Bulkhead, _ name: String = "") async throws -> Task<Void, any Error> {
    let before = bulkhead.state
    let task = Task { try await bulkhead.run { await gate.pass(name) } }
    try await until { bulkhead.state != before && gate.inside == bulkhead.state.inUse }
    return task
  }

  private func finish(_ tasks: [Task<Void, any Error>]) async throws {
    for _ in tasks {
      try await until { gate.inside > 0 }
      gate.release()
    }
    for task in tasks { try await task.value }
  }

  @Test func `lets so many in, so many wait in their order, and tells the others at once`() async throws {
    let bulkhead = bulkhead()
    var tasks: [Task<Void, any Error>] = []
    for name in ["a", "b", "c", "d", "e"] { tasks.append(try await call(bulkhead, name)) }
    #expect(bulkhead.state == .init(inUse: 2, waiting: 3))
    #expect(gate.entered == ["a", "b"])
    await #expect(throws: BulkheadFull(name: "products")) {
      try await bulkhead.run { Issue.record("called") }
    }
    for expected in 3...5 {
      gate.release()
      try await until { gate.entered.count == expected }
    }
    #expect(gate.entered == ["a", "b", "c", "d", "e"])
    try await finish(Array(tasks[3...]))
    for task in tasks { try await task.value }
    #expect(gate.most == 2)
    #expect(bulkhead.state == .init())
  }

  @Test func `without a queue nobody waits`() async throws {
    let bulkhead = bulkhead(limit: 1, queue: 0)
    let task = try await call(bulkhead)
    await #expect(throws: BulkheadFull.self) { try await bulkhead.run { Issue.record("called") } }
    try await finish([task])
    let value = try await bulkhead.run { 7 }
    #expect(value == 7)
  }

  @Test func `a call that turns out slow makes room for the others, and so many may be slow`() async throws {
    let bulkhead = Bulkhead(
      name: "products", limit: 1, queue: 9, slowCalls: .init(after: .seconds(1), limit: 2), clock: clock)
    let slow = (0..<2).map { number in Task { try await bulkhead.call { await gate.pass("slow") } } }
    for number in 1...2 {
      // Each is slow in its turn: the other waits for its place.
      try await until { gate.inside == number && clock.sleepers == 1 }
      clock.advance(by: .seconds(1))
    }
    try await until { bulkhead.state == .init(slow: 2) }
    let value = try await bulkhead.call { 7 }
    #expect(value == 7)
    let third = Task { [clock] in
      try await bulkhead.call { try await clock.sleep(for: .seconds(60)) }
    }
    try await clock.sleeping(2)
    clock.advance(by: .seconds(1))
    await #expect(throws: TooManySlowCalls(name: "products")) { try await third.value }
    #expect(bulkhead.state == .init(slow: 2))
    #expect(clock.sleepers == 0)
    gate.release()
    gate.release()
    for task in slow { try await task.value }
    #expect(bulkhead.state == .init())
  }

  /// A bulkhead with one place of each kind, and a call about "slow" in the slow one.
  private func whereOneIsSlow(
    _ body: (Bulkhead) async throws -> Void
  ) async throws {
    let bulkhead = Bulkhead(
      name: "products", limit: 1, queue: 1, slowCalls: .init(after: .seconds(1), limit: 1), clock: clock)
    let first = Task { try await bulkhead.call(about: "slow") { await gate.pass("first") } }
    try await until { gate.inside == 1 && clock.sleepers == 1 }
    clock.advance(by: .seconds(1))
    try await until { bulkhead.state == .init(slow: 1) }
    try await body(bulkhead)
    gate.release()
    try await first.value
  }

  @Test func `what was slow the last time and is again waits for a slow place, and takes no other`()
    async throws
  {
    var waiting: Task<Void, any Error>?
    try await whereOneIsSlow { bulkhead in
      let told = Box(0)
      let calls = Box(0)
      let second = Task { [clock] in
        try await bulkhead.call(about: "slow", onSlow: { told.change { $0 += 1 } }) {
          calls.change { $0 += 1 }
          // Slow only the first time.
          if calls.value == 1 { try await clock.sleep(for: .seconds(60)) }
          await gate.pass("second")
        }
      }
      waiting = second
      // It is tried once, for its second.
      try await clock.sleeping(2)
      #expect(bulkhead.state == .init(inUse: 1, slow: 1))
      clock.advance(by: .seconds(1))
      try await until { bulkhead.state == .init(waiting: 1, slow: 1) }
      #expect(told.value == 1)
      // There is no place for a second one in line; it too is tried before it is told so.
      let third = Task { [clock] in
        try await bulkhead.call(about: "slow") { try await clock.sleep(for: .seconds(60)) }
      }
      try await clock.sleeping(2)
      clock.advance(by: .seconds(1))
      await #expect(throws: TooManySlowCalls(name: "products")) { try await third.value }
      let other = try await bulkhead.call(about: "quick") { 7 }
      #expect(other == 7)
    }
    try await until { gate.entered == ["first", "second"] }
    gate.release()
    try await waiting?.value
  }

  @Test func `what was slow only once does not wait behind what is slow`() async throws {
    try await whereOneIsSlow { bulkhead in
      // A bad moment: about to be slow, and given up because another is already.
      let unlucky = Task { [clock] in
        try await bulkhead.call(about: "quick") { try await clock.sleep(for: .seconds(60)) }
      }
      try await clock.sleeping(2)
      clock.advance(by: .seconds(1))
      await #expect(throws: TooManySlowCalls(name: "products")) { try await unlucky.value }
      let told = Box(0)
      for number in 0..<3 {
        let value = try await bulkhead.call(about: "quick", onSlow: { told.change { $0 += 1 } }) { number }
        #expect(value == number)
      }
      // After the first time it is an ordinary call again.
      #expect(told.value == 1)
      #expect(bulkhead.state == .init(slow: 1))
    }
  }

  @Test func `what waits to be tried gets a slow place that comes free`() async throws {
    var tasks: [Task<Void, any Error>] = []
    try await whereOneIsSlow { bulkhead in
      tasks.append(Task { try await bulkhead.call(about: "slow") { await gate.pass("tried") } })
      try await until { bulkhead.state == .init(inUse: 1, slow: 1) && gate.inside == 2 }
      tasks.append(Task { try await bulkhead.call(about: "slow") { await gate.pass("waiting") } })
      try await until { bulkhead.state == .init(inUse: 1, waiting: 1, slow: 1) }
    }
    try await until { gate.entered == ["first", "tried", "waiting"] }
    gate.release()
    gate.release()
    for task in tasks { try await task.value }
  }

  @Test func `a call that fails gives its place back`() async throws {
    let bulkhead = bulkhead(limit: 1, queue: 0)
    for _ in 0..<3 {
      await #expect(throws: Down.self) { try await bulkhead.run { throw Down() } }
    }
    #expect(bulkhead.state == .init())
  }

  @Test func `who is cancelled while waiting leaves, and makes room for another`() async throws {
    let bulkhead = bulkhead(limit: 1, queue: 2)
    let inside = try await call(bulkhead, "a")
    let waiting = try await call(bulkhead, "b")
    let last = try await call(bulkhead, "c")
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    #expect(bulkhead.state == .init(inUse: 1, waiting: 1))
    let other = try await call(bulkhead, "d")
    try await finish([inside, last, other])
    #expect(gate.entered == ["a", "c", "d"])
    #expect(bulkhead.state == .init())
  }

  @Test func `who is cancelled when called up already does not call`() async throws {
    let (bulkhead, held) = (bulkhead(limit: 1, queue: 1), Held())
    let inside = try await call(bulkhead)
    let task = Task {
      try await held.run { _ = try await bulkhead.run { Issue.record("called") } }
    }
    try await held.goOn { bulkhead.state == .init(inUse: 1, waiting: 1) }
    try await finish([inside])
    try await until { held.isReady }
    #expect(bulkhead.state == .init(inUse: 1, waiting: 0))
    task.cancel()
    try await held.goOn { bulkhead.state == .init() }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `who is cancelled before neither waits nor calls`() async throws {
    let bulkhead = bulkhead(limit: 1, queue: 0)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await bulkhead.run { Issue.record("called") }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(bulkhead.state == .init())
  }

  @Test func `shows who is in, who waits, for how long, and who was sent away`() async throws {
    let metrics = RecordingMetrics.shared
    let bulkhead = bulkhead("shown bulkhead", limit: 1, queue: 1)
    #expect(metrics["bulkhead.in.use", "name=shown bulkhead"] == 0)
    let inside = try await call(bulkhead)
    let waiting = try await call(bulkhead)
    await #expect(throws: BulkheadFull.self) { try await bulkhead.run {} }
    #expect(metrics["bulkhead.in.use", "name=shown bulkhead"] == 1)
    #expect(metrics["bulkhead.waiting", "name=shown bulkhead"] == 1)
    #expect(metrics["bulkhead.rejected", "name=shown bulkhead"] == 1)
    clock.advance(by: .seconds(3))
    try await finish([inside, waiting])
    #expect(metrics["bulkhead.wait.duration", "name=shown bulkhead"] == 3)
    #expect(metrics["bulkhead.in.use", "name=shown bulkhead"] == 0)
    #expect(metrics["bulkhead.waiting", "name=shown bulkhead"] == 0)
  }

  @Test func `says what to do`() {
    #expect(
      "\(BulkheadFull(name: "products"))"
        == "products was not called, because too many calls wait for it already. Try again later.")
  }

  @Test func `many tasks at once, some of them cancelled, keep to the bounds and lose no place`() async throws
  {
    struct Seen {
      var inside = 0
      var most = 0
      var calls = 0
      var rejected = 0
      var cancelled = 0
    }
    let bulkhead = bulkhead(limit: 4, queue: 50)
    let seen = Box(Seen())
    let tasks = (0..<2000).map { number in
      Task {
        do {
          try await bulkhead.run {
            seen.change {
              $0.inside += 1
              $0.calls += 1
              $0.most = max($0.most, $0.inside)
            }
            for _ in 0..<number % 5 { await Task.yield() }
            seen.change { $0.inside -= 1 }
          }
        } catch is BulkheadFull {
          seen.change { $0.rejected += 1 }
        } catch {
          seen.change { $0.cancelled += 1 }
        }
      }
    }
    for (number, task) in tasks.enumerated() where number % 3 == 0 { task.cancel() }
    for task in tasks { await task.value }
    let counts = seen.value
    #expect(counts.most <= 4)
    #expect(counts.calls >= 4)
    #expect(counts.calls + counts.rejected + counts.cancelled == 2000)
    #expect(bulkhead.state == .init())
  }
}
