import Resilience
import RoomTesting
import Synchronization
import Testing

/// When a circuit breaker lets calls through, and when it does not.
@Suite(.timeLimit(.minutes(1))) struct OpeningCircuits {
  struct Down: Error {}
  struct Missing: Error {}

  let clock = HandClock()

  private func breaker(
    _ name: String = "orders", failures: Int = 3, probes: Int = 1, longest: Duration? = nil,
    random: @escaping @Sendable () -> Double = { 0 }
  ) -> CircuitBreaker {
    CircuitBreaker(
      name: name, failures: failures, openFor: .seconds(10), longestOpen: longest, probes: probes,
      clock: clock, random: random, isFailure: { !($0 is Missing) })
  }

  private func fail(_ breaker: CircuitBreaker, _ times: Int = 1) throws {
    for _ in 0..<times { try breaker.admit().failed() }
  }

  /// Calls it, and says whether the dependency was called.
  private func call(_ breaker: CircuitBreaker, throwing error: (any Error)? = nil) async -> Bool {
    let called = Mutex(false)
    do {
      try await breaker.run {
        called.withLock { $0 = true }
        if let error { throw error }
      }
    } catch {}
    return called.withLock { $0 }
  }

  @Test func `opens after so many failures in a row, and then calls nobody`() async throws {
    let breaker = breaker()
    for _ in 0..<3 {
      #expect(breaker.state == .closed)
      await #expect(throws: Down.self) { try await breaker.run { throw Down() } }
    }
    #expect(breaker.state == .open(for: .seconds(10)))
    clock.advance(by: .seconds(4))
    await #expect(throws: CircuitOpen(name: "orders", retryAfter: .seconds(6))) {
      try await breaker.run { Issue.record("called") }
    }
  }

  @Test func `an answer in between begins the count anew`() async throws {
    let breaker = breaker()
    for _ in 0..<10 {
      try fail(breaker, 2)
      let value = try await breaker.run { 7 }
      #expect(value == 7)
    }
    // An error that does not speak against it is an answer.
    try fail(breaker, 2)
    await #expect(throws: Missing.self) { try await breaker.run { throw Missing() } }
    try fail(breaker, 2)
    #expect(breaker.state == .closed)
  }

  @Test func `failures about the same count once, until something succeeds`() async throws {
    let breaker = breaker()
    func fail(about subject: String?) throws { try breaker.admit().failed(about: subject) }
    for _ in 0..<10 { try fail(about: "poison") }
    try fail(about: "other")
    #expect(breaker.state == .closed)
    try await breaker.run {}
    for _ in 0..<10 { try fail(about: "poison") }
    try fail(about: "other")
    #expect(breaker.state == .closed)
    try fail(about: nil)
    #expect(breaker.state == .open(for: .seconds(10)))
  }

  @Test func `a probe about what failed before decides nothing, and makes room for another`() async throws {
    let breaker = breaker()
    for subject in ["poison", "b", "c"] { try breaker.admit().failed(about: subject) }
    clock.advance(by: .seconds(10))
    try breaker.admit().failed(about: "poison")
    #expect(breaker.state == .halfOpen)
    try breaker.admit().failed(about: "d")
    #expect(breaker.state == .open(for: .seconds(20)))
    clock.advance(by: .seconds(20))
    try await breaker.run(about: "poison") {}
    #expect(breaker.state == .closed)
  }

  @Test func `what a call is about is to blame for an answer and a time-out, not for a lost connection`()
    async throws
  {
    let breaker = breaker()
    let answers: [any Error] = [
      HTTPFailure(status: 500), TimedOut(after: .seconds(1)), UnusableAnswer("is not JSON"),
    ]
    for error in answers + answers {
      await #expect(throws: (any Error).self) { try await breaker.run(about: "box") { throw error } }
    }
    #expect(breaker.state == .closed)
    await #expect(throws: HTTPFailure.self) {
      try await breaker.run(about: "box") { throw HTTPFailure(status: 503) }
    }
    await #expect(throws: Down.self) { try await breaker.run(about: "box") { throw Down() } }
    #expect(breaker.state == .open(for: .seconds(10)))
  }

  @Test func `closes again when a probe succeeds, and knows nothing of what was before`() async throws {
    let breaker = breaker()
    try fail(breaker, 3)
    clock.advance(by: .seconds(10))
    #expect(breaker.state == .halfOpen)
    try await breaker.run {}
    #expect(breaker.state == .closed)
    try fail(breaker, 2)
    #expect(breaker.state == .closed)
    try fail(breaker)
    #expect(breaker.state == .open(for: .seconds(10)))
  }

  @Test func `is open twice as long each time a probe fails, up to the longest`() async throws {
    let breaker = breaker(longest: .seconds(35))
    try fail(breaker, 3)
    for expected in [10, 20, 35, 35, 35] {
      #expect(breaker.state == .open(for: .seconds(expected)))
      clock.advance(by: .seconds(expected) - .nanoseconds(1))
      #expect(await !call(breaker))
      clock.advance(by: .nanoseconds(1))
      #expect(await call(breaker, throwing: Down()))
    }
  }

  @Test func `leaves up to a quarter of the time off at random`() throws {
    for (random, expected) in [(0.0, 10_000), (0.5, 8750), (1.0, 7500)] {
      let breaker = breaker { random }
      try fail(breaker, 3)
      #expect(breaker.state == .open(for: .milliseconds(expected)))
    }
  }

  @Test func `lets no more probes through at once than it has, and closes when all have succeeded`() throws {
    let breaker = breaker(probes: 3)
    try fail(breaker, 3)
    clock.advance(by: .seconds(10))
    let probes = [try breaker.admit(), try breaker.admit(), try breaker.admit()]
    #expect(throws: CircuitOpen(name: "orders", retryAfter: .seconds(1))) { try breaker.admit() }
    probes[0].succeeded()
    probes[1].succeeded()
    #expect(breaker.state == .halfOpen)
    probes[2].succeeded()
    #expect(breaker.state == .closed)
  }

  @Test func `a probe that was given up makes room for another`() async throws {
    let breaker = breaker()
    try fail(breaker, 3)
    clock.advance(by: .seconds(10))
    for _ in 0..<3 {
      try breaker.admit().abandoned()
      // Dropped without a word.
      _ = try breaker.admit()
      await #expect(throws: CancellationError.self) { try await breaker.run { throw CancellationError() } }
    }
    #expect(breaker.state == .halfOpen)
    try await breaker.run {}
    #expect(breaker.state == .closed)
  }

  @Test func `a failure of a cancelled caller does not count`() async throws {
    let breaker = breaker()
    for _ in 0..<5 {
      let task = Task {
        try await breaker.run {
          withUnsafeCurrentTask { $0?.cancel() }
          throw Down()
        }
      }
      await #expect(throws: Down.self) { try await task.value }
    }
    #expect(breaker.state == .closed)
  }

  @Test func `who was never called has not failed`() async throws {
    let (breaker, inner) = (breaker(), breaker("inner"))
    try fail(inner, 3)
    for _ in 0..<5 {
      await #expect(throws: CircuitOpen.self) { try await breaker.run { try await inner.run {} } }
    }
    #expect(breaker.state == .closed)
  }

  @Test func `outcomes that come too late change nothing`() throws {
    let metrics = RecordingMetrics.shared
    let breaker = breaker("late")
    let early = try (0..<10).map { _ in try breaker.admit() }
    for admission in early[..<6] { admission.failed() }
    #expect(metrics["circuit.opened", "name=late"] == 1)
    #expect(breaker.state == .open(for: .seconds(10)))
    clock.advance(by: .seconds(10))
    let probe = try breaker.admit()
    early[6].failed()
    early[7].succeeded()
    early[8].abandoned()
    #expect(breaker.state == .halfOpen)
    #expect(throws: CircuitOpen.self) { try breaker.admit() }
    probe.succeeded()
    #expect(breaker.state == .closed)
    early[9].failed()
    try fail(breaker, 2)
    #expect(breaker.state == .closed)
  }

  @Test func `only the first word about a call counts`() throws {
    let breaker = breaker(failures: 2)
    let admission = try breaker.admit()
    admission.failed()
    admission.failed()
    admission.succeeded()
    #expect(breaker.state == .closed)
    try fail(breaker)
    #expect(breaker.state != .closed)
  }

  @Test func `shows its state, how often it opened and what it rejected`() throws {
    let metrics = RecordingMetrics.shared
    let breaker = breaker("shown circuit")
    #expect(metrics["circuit.state", "name=shown circuit"] == 0)
    try fail(breaker, 3)
    #expect(metrics["circuit.state", "name=shown circuit"] == 1)
    for _ in 0..<4 { #expect(throws: CircuitOpen.self) { try breaker.admit() } }
    #expect(metrics["circuit.rejected", "name=shown circuit"] == 4)
    clock.advance(by: .seconds(10))
    let probe = try breaker.admit()
    #expect(metrics["circuit.state", "name=shown circuit"] == 2)
    probe.succeeded()
    #expect(metrics["circuit.state", "name=shown circuit"] == 0)
    #expect(metrics["circuit.opened", "name=shown circuit"] == 1)
  }

  @Test func `says what to do`() {
    let error = CircuitOpen(name: "products", retryAfter: .milliseconds(2500))
    #expect(
      "\(error)"
        == "products was not called, because it has failed too often of late. Try again in 2.5 s.")
  }

  @Test func `many tasks that fail at once open it once`() async throws {
    let metrics = RecordingMetrics.shared
    let breaker = breaker("many", failures: 5)
    await withDiscardingTaskGroup { group in
      for _ in 0..<500 {
        group.addTask { try? await breaker.run { throw Down() } }
      }
    }
    #expect(metrics["circuit.opened", "name=many"] == 1)
    #expect(breaker.state == .open(for: .seconds(10)))
  }

  @Test func `many tasks at a half-open circuit are never more than its probes at once`() async throws {
    struct Calls {
      var now = 0
      var most = 0
      var all = 0
    }
    let breaker = breaker(probes: 4)
    for round in 0..<30 {
      if round == 0 { try fail(breaker, 3) }
      clock.advance(by: .seconds(200))
      let calls = Box(Calls())
      await withDiscardingTaskGroup { group in
        for number in 0..<100 {
          group.addTask {
            try? await breaker.run {
              calls.change {
                $0.now += 1
                $0.all += 1
                $0.most = max($0.most, $0.now)
              }
              await Task.yield()
              calls.change { $0.now -= 1 }
              // Never answered, so that it stays half-open.
              if number % 2 == 0 { throw CancellationError() }
              throw Down()
            }
          }
        }
      }
      let seen = calls.value
      #expect(seen.most <= 4)
      #expect(seen.all >= 1)
      #expect(breaker.state != .closed)
    }
  }
}
