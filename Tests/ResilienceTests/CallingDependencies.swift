import Resilience
import RoomTesting
import Testing

/// All the parts around one call, in their order.
@Suite(.timeLimit(.minutes(1))) struct CallingDependencies {
  struct Down: Error {}

  let clock = HandClock()
  let calls = Box(0)

  private func retry(_ attempts: Int) -> Retry {
    Retry(
      attempts: attempts, firstDelay: .milliseconds(100), largestDelay: .seconds(2), clock: clock,
      random: { 1 })
  }

  private func breaker(failures: Int, _ name: String = "products") -> CircuitBreaker {
    CircuitBreaker(name: name, failures: failures, openFor: .seconds(10), clock: clock, random: { 0 })
  }

  private func pipeline(
    _ name: String = "products", deadline: Duration? = nil, retry: Retry? = nil,
    breaker: CircuitBreaker? = nil, bulkhead: Bulkhead? = nil, timeout: Duration? = nil
  ) -> Pipeline {
    Pipeline(
      name: name, deadline: deadline, retry: retry, breaker: breaker, bulkhead: bulkhead, timeout: timeout,
      clock: clock
    ) { $0 is Down ? .retry : ($0 as? HTTPFailure)?.advice ?? .never }
  }

  /// Calls it, and ends the sleeps that are foreseen: each so long, after so many calls of the operation.
  private func call(
    _ pipeline: Pipeline, passing sleeps: [(Duration, calls: Int)] = [],
    _ operation: @escaping @Sendable (Int) async throws -> String
  ) async throws -> Result<String, any Error> {
    let task = Task { [calls] in
      try await pipeline.call {
        calls.change { $0 += 1 }
        return try await operation(calls.value)
      }
    }
    for (sleep, count) in sleeps {
      try await until { clock.soonest == sleep && calls.value == count }
      clock.advance(by: sleep)
    }
    return await task.result
  }

  private func error(_ result: Result<String, any Error>) -> (any Error)? {
    if case .failure(let error) = result { error } else { nil }
  }

  @Test func `without any part it is the operation`() async throws {
    #expect(try await call(pipeline()) { "call \($0)" }.get() == "call 1")
    #expect(error(try await call(pipeline()) { _ in throw Down() }) is Down)
  }

  @Test func `tries again until it works`() async throws {
    let result = try await call(
      pipeline(retry: retry(5)), passing: [(.milliseconds(100), 1), (.milliseconds(200), 2)]
    ) { number in
      if number < 3 { throw HTTPFailure(status: 500) }
      return "call \(number)"
    }
    #expect(try result.get() == "call 3")
    #expect(clock.elapsed == .milliseconds(300))
  }

  @Test func `never tries what will not go better`() async throws {
    let result = try await call(pipeline(retry: retry(5))) { _ in throw HTTPFailure(status: 404) }
    #expect(error(result) as? HTTPFailure == HTTPFailure(status: 404))
    #expect(calls.value == 1)
  }

  @Test func `an attempt that takes too long is tried again`() async throws {
    let pipeline = pipeline(retry: retry(2), timeout: .seconds(2))
    let result = try await call(pipeline, passing: [(.milliseconds(2000), 1), (.milliseconds(100), 1)]) {
      [clock] number in
      if number == 1 { try await clock.sleep(for: .seconds(60)) }
      return "call \(number)"
    }
    #expect(try result.get() == "call 2")
    #expect(clock.elapsed == .milliseconds(2100))
  }

  @Test func `the deadline holds for all attempts together`() async throws {
    let pipeline = pipeline(deadline: .seconds(5), retry: retry(10), timeout: .seconds(2))
    let sleeps = [2000, 100, 2000, 200, 700].map { Duration.milliseconds($0) }
    let result = try await call(pipeline, passing: Array(zip(sleeps, [1, 1, 2, 2, 3]))) { [clock] _ in
      try await clock.sleep(for: .seconds(60))
      return ""
    }
    #expect(error(result) as? DeadlineOver == DeadlineOver(after: .seconds(5)))
    // 2 s, 0.1 s, 2 s, 0.2 s, and what was left.
    #expect(calls.value == 3)
    #expect(clock.elapsed == .seconds(5))
  }

  @Test func `gives up at once when there is no time for another attempt`() async throws {
    let pipeline = pipeline(deadline: .seconds(5), retry: retry(10))
    let result = try await call(pipeline) { _ in throw HTTPFailure(status: 429, retryAfter: .seconds(7)) }
    #expect(error(result) as? HTTPFailure == HTTPFailure(status: 429, retryAfter: .seconds(7)))
    #expect(clock.elapsed == .zero)
  }

  @Test func `the circuit breaker counts every attempt, and what it rejects is not tried again`() async throws
  {
    let breaker = breaker(failures: 3)
    let pipeline = pipeline(retry: retry(10), breaker: breaker)
    let result = try await call(
      pipeline, passing: [(.milliseconds(100), 1), (.milliseconds(200), 2), (.milliseconds(400), 3)]
    ) { _ in
      throw Down()
    }
    #expect(error(result) as? CircuitOpen == CircuitOpen(name: "products", retryAfter: .milliseconds(9600)))
    #expect(calls.value == 3)
  }

  @Test func `a time-out speaks against the dependency, a deadline does not`() async throws {
    let (first, second) = (breaker(failures: 1), breaker(failures: 1))
    let hang: @Sendable (Int) async throws -> String = { [clock] _ in
      try await clock.sleep(for: .seconds(60))
      return ""
    }
    _ = try await call(pipeline(breaker: first, timeout: .seconds(1)), passing: [(.seconds(1), 1)], hang)
    #expect(first.state == .open(for: .seconds(10)))
    _ = try await call(pipeline(deadline: .seconds(1), breaker: second), passing: [(.seconds(1), 2)], hang)
    #expect(second.state == .closed)
  }

  @Test func `a full bulkhead speaks against nobody, is not tried again, and holds no probe`() async throws {
    let (gate, breaker) = (Gate(), breaker(failures: 1))
    let bulkhead = Bulkhead(name: "products", limit: 1, queue: 0, clock: clock)
    let inside = Task { try await bulkhead.run { await gate.pass() } }
    try await until { gate.inside == 1 }
    let pipeline = pipeline(retry: retry(5), breaker: breaker, bulkhead: bulkhead)
    let rejected = try await call(pipeline) { "call \($0)" }
    #expect(error(rejected) as? BulkheadFull == BulkheadFull(name: "products"))
    #expect(clock.elapsed == .zero)
    #expect(breaker.state == .closed)
    try breaker.admit().failed()
    clock.advance(by: .seconds(10))
    _ = try await call(pipeline) { "call \($0)" }
    gate.release()
    try await inside.value
    #expect(try await call(pipeline) { "call \($0)" }.get() == "call 1")
    #expect(breaker.state == .closed)
  }

  @Test func `a probe that turns out slow makes room for another`() async throws {
    let breaker = breaker(failures: 1)
    let bulkhead = Bulkhead(
      name: "products", limit: 9, queue: 9, slowCalls: .init(after: .seconds(1), limit: 9), clock: clock)
    let pipeline = pipeline(breaker: breaker, bulkhead: bulkhead)
    try breaker.admit().failed()
    clock.advance(by: .seconds(10))
    let gate = Gate()
    let slow = Task { try await pipeline.call { await gate.pass() } }
    try await until { gate.inside == 1 && clock.sleepers == 1 }
    await #expect(throws: CircuitOpen.self) { try await pipeline.call { 1 } }
    clock.advance(by: .seconds(1))
    try await until { bulkhead.state.slow == 1 }
    let value = try await pipeline.call { 2 }
    #expect(value == 2)
    #expect(breaker.state == .closed)
    gate.release()
    try await slow.value
    #expect(breaker.state == .closed)
  }

  @Test func `one slow call too many speaks against nobody, and is not tried again`() async throws {
    let breaker = breaker(failures: 1)
    let bulkhead = Bulkhead(
      name: "products", limit: 1, queue: 0, slowCalls: .init(after: .seconds(1), limit: 0), clock: clock)
    let pipeline = pipeline(retry: retry(5), breaker: breaker, bulkhead: bulkhead)
    let result = try await call(pipeline, passing: [(.seconds(1), 1)]) { [clock] _ in
      try await clock.sleep(for: .seconds(60))
      return ""
    }
    #expect(error(result) as? TooManySlowCalls == TooManySlowCalls(name: "products"))
    #expect(calls.value == 1)
    #expect(breaker.state == .closed)
  }

  @Test func `an open circuit takes no place, and waiting for a place is not timed`() async throws {
    let (gate, breaker) = (Gate(), breaker(failures: 1))
    let bulkhead = Bulkhead(name: "products", limit: 1, queue: 1, clock: clock)
    let inside = Task { try await bulkhead.run { await gate.pass() } }
    try await until { gate.inside == 1 }
    let pipeline = pipeline(breaker: breaker, bulkhead: bulkhead, timeout: .seconds(1))
    let waiting = Task { try await pipeline.call { 7 } }
    try await until { bulkhead.state.waiting == 1 }
    clock.advance(by: .seconds(30))
    try breaker.admit().failed()
    await #expect(throws: CircuitOpen.self) { try await pipeline.call { 8 } }
    #expect(bulkhead.state == .init(inUse: 1, waiting: 1))
    gate.release()
    try await inside.value
    let value = try await waiting.value
    #expect(value == 7)
  }

  @Test func `cancelling the caller ends it, whatever it waits for`() async throws {
    let pipeline = pipeline(deadline: .seconds(50), retry: retry(5), timeout: .seconds(20))
    let task = Task { [clock] in
      try await pipeline.call { try await clock.sleep(for: .seconds(60)) }
    }
    try await clock.sleeping(3)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(clock.sleepers == 0)
  }

  @Test func `shows calls and attempts by their outcome`() async throws {
    let metrics = RecordingMetrics.shared
    let breaker = breaker(failures: 3, "shown pipeline")
    let pipeline = pipeline("shown pipeline", retry: retry(2), breaker: breaker, timeout: .seconds(1))
    _ = try await call(pipeline, passing: [(.milliseconds(100), 1)]) { number in
      if number == 1 { throw Down() }
      return ""
    }
    _ = try await call(
      pipeline, passing: [(.milliseconds(1000), 3), (.milliseconds(100), 3), (.milliseconds(1000), 4)]
    ) { [clock] _ in
      try await clock.sleep(for: .seconds(60))
      return ""
    }
    _ = try await call(pipeline, passing: [(.milliseconds(100), 5)]) { _ in throw Down() }
    func count(_ label: String, _ outcome: String) -> Double? {
      metrics[label, "name=shown pipeline", "outcome=\(outcome)"]
    }
    #expect(count("pipeline.attempts", "failed") == 2)
    #expect(count("pipeline.attempts", "succeeded") == 1)
    #expect(count("pipeline.attempts", "timed.out") == 2)
    #expect(count("pipeline.attempts", "circuit.open") == 1)
    #expect(count("pipeline.calls", "succeeded") == 1)
    #expect(count("pipeline.calls", "timed.out") == 1)
    #expect(count("pipeline.calls", "circuit.open") == 1)
    #expect(metrics["pipeline.duration", "name=shown pipeline"].map { ($0 * 1000).rounded() } == 2300)
  }

  @Test func `many callers at once keep to every bound`() async throws {
    let (breaker, gate) = (breaker(failures: 1000), Box((inside: 0, most: 0)))
    let bulkhead = Bulkhead(name: "many", limit: 3, queue: 1000, clock: clock)
    let pipeline = pipeline(retry: retry(3), breaker: breaker, bulkhead: bulkhead, timeout: .seconds(5))
    let driver = Task { [clock] in while !Task.isCancelled { try await clock.pass() } }
    let tasks = (0..<300).map { number in
      Task { [calls] in
        try await pipeline.call {
          calls.change { $0 += 1 }
          gate.change { $0 = ($0.inside + 1, max($0.most, $0.inside + 1)) }
          await Task.yield()
          gate.change { $0.inside -= 1 }
          if number % 10 == 0 { throw Down() }
        }
      }
    }
    var failed = 0
    for task in tasks {
      do { try await task.value } catch is Down { failed += 1 } catch is TimedOut { failed += 1 }
    }
    driver.cancel()
    _ = try? await driver.value
    #expect(gate.value.most <= 3)
    #expect(calls.value >= 300)
    #expect(failed >= 30)
    #expect(bulkhead.state == .init())
  }
}
