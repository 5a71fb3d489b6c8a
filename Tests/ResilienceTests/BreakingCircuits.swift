import Testing

@testable import Resilience

/// What fails again and again is left alone, and tried now and then.
@Suite struct BreakingCircuits {
  let clock = ManualClock()

  private func breaker(probes: Int = 1) -> CircuitBreaker {
    CircuitBreaker(
      name: "test", failures: 3, openFor: .seconds(1), probes: probes, clock: clock, jitter: { 0.5 })
  }

  private func fail(_ breaker: CircuitBreaker, times: Int) throws {
    for _ in 0..<times { try breaker.admit().failed() }
  }

  private func retryAfter(_ breaker: CircuitBreaker) -> Duration? {
    do throws(CircuitOpen) {
      try breaker.admit().abandoned()
      return nil
    } catch {
      return error.retryAfter
    }
  }

  @Test func `so many failures in a row open it, and a success between them does not`() throws {
    let breaker = breaker()
    try fail(breaker, times: 2)
    try breaker.admit().succeeded()
    try fail(breaker, times: 2)
    #expect(breaker.state.name == "closed")
    try fail(breaker, times: 1)
    #expect(breaker.state == CircuitBreaker.State(name: "open", opensIn: .seconds(1)))
    #expect(retryAfter(breaker) == .seconds(1))
    clock.advance(by: .milliseconds(400))
    #expect(retryAfter(breaker) == .milliseconds(600))
  }

  @Test func `after its time a probe goes through, and no more at once than allowed`() throws {
    let breaker = breaker(probes: 2)
    try fail(breaker, times: 3)
    clock.advance(by: .seconds(1))
    let first = try breaker.admit()
    _ = try breaker.admit()
    #expect(breaker.state.name == "half-open")
    #expect(throws: CircuitOpen.self) { _ = try breaker.admit() }
    first.succeeded()
    #expect(breaker.state.name == "closed")
    try breaker.admit().succeeded()
  }

  @Test func `a probe that fails opens it for twice as long, up to a minute, and a success forgets that`()
    throws
  {
    let breaker = breaker()
    try fail(breaker, times: 3)
    var spans: [Duration] = []
    for _ in 0..<8 {
      let span = try #require(breaker.state.opensIn)
      spans.append(span)
      clock.advance(by: span)
      try breaker.admit().failed()
    }
    #expect(spans == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    clock.advance(by: .seconds(60))
    try breaker.admit().succeeded()
    try fail(breaker, times: 3)
    #expect(breaker.state.opensIn == .seconds(1))
  }

  @Test func `a probe that was given back leaves its place to another`() throws {
    let breaker = breaker()
    try fail(breaker, times: 3)
    clock.advance(by: .seconds(1))
    try breaker.admit().abandoned()
    try breaker.admit().succeeded()
    #expect(breaker.state.name == "closed")
  }

  @Test func `what was admitted before says nothing of the time after`() throws {
    let breaker = breaker()
    let late = try (0..<5).map { _ in try breaker.admit() }
    for admission in late.prefix(3) { admission.failed() }
    #expect(breaker.state.name == "open")
    late[3].succeeded()
    #expect(breaker.state.name == "open")
    clock.advance(by: .seconds(1))
    let probe = try breaker.admit()
    late[4].failed()
    #expect(breaker.state.name == "half-open")
    probe.succeeded()
    #expect(breaker.state.name == "closed")
  }

  @Test func `many that come back at once do not open it more than once`() async throws {
    let breaker = breaker()
    let admissions = try (0..<100).map { _ in try breaker.admit() }
    await withDiscardingTaskGroup { group in
      for admission in admissions { group.addTask { admission.failed() } }
    }
    #expect(breaker.state.opensIn == .seconds(1))
  }

  @Test func `it varies by a fifth, so that many do not come back together`() throws {
    for (jitter, expected) in [(0.0, 800), (1.0, 1200)] {
      let breaker = CircuitBreaker(
        name: "test", failures: 1, openFor: .seconds(1), probes: 1, clock: clock, jitter: { jitter })
      try breaker.admit().failed()
      let span = try #require(breaker.state.opensIn)
      #expect(abs(span / .milliseconds(expected) - 1) < 0.000_001)
    }
  }
}
