import Resilience
import RoomTesting
import Testing

/// What a limiter does about what the target says: refusals, successes, quotas.
@Suite(.timeLimit(.minutes(1))) struct ObeyingTargets {
  let clock = HandClock()

  private func limiter(rate: Double, burst: Int = 1) -> RateLimiter {
    RateLimiter(name: "target", rate: rate, burst: burst, clock: clock)
  }

  /// Takes the next turn, moving the clock to it.
  /// - Returns: when that was.
  private func next(_ limiter: RateLimiter) -> Duration {
    while let wait = limiter.tryAcquire() { clock.advance(by: wait) }
    return clock.elapsed
  }

  private func waits(_ limiter: RateLimiter, _ count: Int) -> [Duration] {
    (0..<count).map { _ in
      let before = clock.elapsed
      return next(limiter) - before
    }
  }

  @Test func `nothing goes out before the time the target asked for, and the first exactly then`() {
    let limiter = limiter(rate: 10, burst: 20)
    _ = limiter.tryAcquire()
    limiter.throttled(retryAfter: .seconds(7))
    #expect(limiter.state.pausedFor == .seconds(7))
    #expect(limiter.state.availableTokens == 0)
    #expect(limiter.tryAcquire() == .seconds(7))
    clock.advance(by: .milliseconds(6999))
    #expect(limiter.tryAcquire() == .milliseconds(1))
    #expect(next(limiter) == .seconds(7))
    #expect(limiter.state.pausedFor == .zero)
    // No burst behind it, and half the rate.
    #expect(waits(limiter, 3) == [.milliseconds(200), .milliseconds(200), .milliseconds(200)])
  }

  @Test func `those who wait already wait for the end of the pause`() async throws {
    let limiter = limiter(rate: 2)
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    for name in ["a", "b"] { _ = try await queue.join(name) }
    try await clock.sleeping()
    limiter.throttled(retryAfter: .milliseconds(7500))
    var next = try await queue.next()
    #expect(next.event == .turn("a"))
    #expect(next.at == .milliseconds(7500))
    next = try await queue.next()
    #expect(next.event == .turn("b"))
    #expect(next.at == .milliseconds(8500))
  }

  @Test func `a shorter pause does not end a longer one, and a longer one takes its place`() {
    let limiter = limiter(rate: 10)
    limiter.throttled(retryAfter: .seconds(10))
    limiter.throttled(retryAfter: .seconds(1))
    #expect(limiter.state.pausedFor == .seconds(10))
    limiter.throttled(retryAfter: .seconds(30))
    #expect(limiter.state.pausedFor == .seconds(30))
    #expect(next(limiter) == .seconds(30))
  }

  @Test func `a target slower than the pause keeps its rate`() {
    let limiter = limiter(rate: 0.1)
    #expect(next(limiter) == .zero)
    limiter.throttled(retryAfter: .seconds(4))
    clock.advance(by: .seconds(4))
    #expect(limiter.tryAcquire() == .seconds(12))
  }

  @Test(arguments: [Duration.seconds(-5), .zero, .seconds(Int64.max / 4)])
  func `a pause without sense does no harm`(pause: Duration) {
    let limiter = limiter(rate: 10, burst: 3)
    limiter.throttled(retryAfter: pause)
    #expect(limiter.state.pausedFor <= .seconds(365 * 86_400))
    #expect((limiter.tryAcquire() == nil) == (pause <= .zero))
  }

  @Test func `refusals of what was on the way already count once`() {
    let limiter = limiter(rate: 64, burst: 10)
    for _ in 0..<10 { _ = limiter.tryAcquire() }
    for _ in 0..<10 { limiter.throttled(retryAfter: .seconds(1)) }
    #expect(limiter.state.allowedRate == 32)
    clock.advance(by: .seconds(1))
    #expect(limiter.tryAcquire() == nil)
    limiter.throttled(retryAfter: .seconds(1))
    #expect(limiter.state.allowedRate == 16)
  }

  @Test func `the turn tells what was on the way, even when something went out since`() async throws {
    let limiter = limiter(rate: 64, burst: 3)
    let early = [try await limiter.acquire(), try await limiter.acquire(), try await limiter.acquire()]
    limiter.throttled(retryAfter: nil, turn: early[0])
    clock.advance(by: .seconds(1))
    let late = try await limiter.acquire()
    #expect(late == limiter.turn)
    limiter.throttled(retryAfter: nil, turn: early[1])
    limiter.throttled(retryAfter: .seconds(3), turn: early[2])
    #expect(limiter.state.allowedRate == 32)
    #expect(limiter.state.pausedFor == .seconds(3))
    limiter.throttled(retryAfter: nil, turn: late)
    #expect(limiter.state.allowedRate == 16)
  }

  @Test func `is slowed down to a sixty-fourth, and no further`() {
    let limiter = limiter(rate: 64)
    for _ in 0..<20 {
      _ = next(limiter)
      limiter.throttled(retryAfter: nil)
    }
    #expect(limiter.state.allowedRate == 1)
    #expect(waits(limiter, 2) == [.seconds(1), .seconds(1)])
  }

  @Test func `a refusal without a time gives up what was saved for a burst`() {
    let limiter = limiter(rate: 10, burst: 50)
    limiter.throttled(retryAfter: nil)
    #expect(limiter.tryAcquire() == .milliseconds(200))
  }

  @Test(arguments: [10.0, 30, 500], [1, 2, 6])
  func `recovers in equal steps, and from any depth within ten seconds`(rate: Double, halvings: Int) {
    let limiter = limiter(rate: rate)
    for _ in 0..<halvings {
      _ = limiter.tryAcquire()
      limiter.throttled(retryAfter: nil)
      clock.advance(by: .seconds(1000))
    }
    let depth = 1 / Double(1 << halvings)
    #expect(limiter.state.allowedRate == rate * depth)
    // The time since the last refusal vouches for a second at most.
    limiter.succeeded()
    #expect(abs(limiter.state.allowedRate / rate - depth - 0.1) < 1e-9)
    let start = clock.elapsed
    while limiter.state.allowedRate < rate {
      let expected = depth + 0.1 + (clock.elapsed - start) / .seconds(10)
      #expect(abs(limiter.state.allowedRate / rate - expected) < 1e-6)
      _ = next(limiter)
      limiter.succeeded()
    }
    #expect(clock.elapsed - start <= .seconds(10))
    #expect(clock.elapsed - start >= .seconds((1 - depth - 0.1) * 10 - 1))
  }

  @Test func `a slow target is trusted again after two successes, not one`() {
    let limiter = limiter(rate: 0.01)
    _ = limiter.tryAcquire()
    for _ in 0..<3 { limiter.throttled(retryAfter: nil, turn: limiter.turn) }
    clock.advance(by: .seconds(10_000))
    limiter.succeeded()
    #expect(abs(limiter.state.allowedRate - 0.00625) < 1e-9)
    clock.advance(by: .seconds(100))
    limiter.succeeded()
    #expect(limiter.state.allowedRate == 0.01)
  }

  @Test func `successes of what was on the way do not undo a refusal`() {
    let limiter = limiter(rate: 10, burst: 5)
    limiter.throttled(retryAfter: .seconds(3))
    clock.advance(by: .seconds(3))
    for _ in 0..<100 { limiter.succeeded() }
    #expect(limiter.state.allowedRate == 5)
    clock.advance(by: .milliseconds(100))
    for _ in 0..<100 { limiter.succeeded() }
    #expect(abs(limiter.state.allowedRate - 5.1) < 1e-9)
  }

  // Quotas.

  private func quota(_ remaining: Int, _ reset: Duration, _ policy: String = "") -> RateLimitHeader {
    RateLimitHeader(quotas: [.init(policy: policy, remaining: remaining, reset: reset)])
  }

  @Test func `with nothing left, nothing goes out before the reset, and the rate is as before`() {
    let limiter = limiter(rate: 10, burst: 5)
    limiter.limit(quota(0, .seconds(30)))
    // A response that was overtaken does not lift it.
    limiter.limit(quota(3, .seconds(30)))
    #expect(next(limiter) == .seconds(30))
    #expect(waits(limiter, 2) == [.milliseconds(100), .milliseconds(100)])
    #expect(limiter.state.allowedRate == 10)
  }

  @Test func `what is left is spread over the time until the reset`() {
    let limiter = limiter(rate: 10, burst: 5)
    for _ in 0..<5 { _ = limiter.tryAcquire() }
    limiter.limit(quota(50, .seconds(30)))
    #expect(limiter.state.allowedRate == 50.0 / 30)
    var count = 0
    var last = Duration.zero
    while clock.elapsed < .seconds(30) {
      let time = next(limiter)
      #expect(time - last >= .milliseconds(600))
      last = time
      count += 1
    }
    #expect(count == 50)
    // Renewed.
    #expect(waits(limiter, 1) == [.milliseconds(100)])
    clock.advance(by: .seconds(1))
    #expect((0..<5).allSatisfy { _ in limiter.tryAcquire() == nil })
  }

  @Test(arguments: [0.5, 3, 10, 200], [1, 4, 50])
  func `never uses up more than is left, whatever was saved for a burst`(rate: Double, burst: Int) {
    for (remaining, reset) in [(1, 1), (1, 30), (5, 2), (17, 60), (100, 10)] {
      let limiter = limiter(rate: rate, burst: burst)
      limiter.limit(quota(remaining, .seconds(reset)))
      let end = clock.elapsed + .seconds(reset)
      var count = 0
      while clock.elapsed < end {
        guard let wait = limiter.tryAcquire() else {
          count += 1
          continue
        }
        clock.advance(by: min(wait, end - clock.elapsed))
      }
      #expect(count <= remaining)
      #expect(count >= 1)
    }
  }

  @Test func `a quota that cannot be used up slows nothing down`() {
    let limiter = limiter(rate: 10, burst: 5)
    limiter.limit(quota(1000, .seconds(30)))
    #expect((0..<5).allSatisfy { _ in limiter.tryAcquire() == nil })
    #expect(limiter.state.allowedRate == 10)
    limiter.limit(quota(0, .zero))
    #expect(limiter.state.pausedFor == .zero)
  }

  @Test func `holds to all quotas at once, each until its own end`() {
    let limiter = limiter(rate: 100)
    _ = limiter.tryAcquire()
    limiter.limit(
      RateLimitHeader(quotas: [
        .init(policy: "minute", remaining: 60, reset: .seconds(60)),
        .init(policy: "second", remaining: 1, reset: .seconds(2)),
      ]))
    #expect(waits(limiter, 3) == [.seconds(2), .seconds(1), .seconds(1)])
    // The same policy again takes the place of what it said before.
    limiter.limit(quota(5, .seconds(10), "minute"))
    #expect(waits(limiter, 2) == [.seconds(2), .seconds(2)])
  }

  @Test func `a quota is shared like the rate`() {
    let limiter = limiter(rate: 10)
    limiter.share = 0.25
    _ = limiter.tryAcquire()
    limiter.limit(quota(40, .seconds(100)))
    #expect(waits(limiter, 2) == [.seconds(10), .seconds(10)])
    // Less than one for each: this one leaves it to the others.
    limiter.limit(quota(2, .seconds(50)))
    let before = clock.elapsed
    #expect(next(limiter) - before >= .seconds(50))
  }

  @Test func `a refusal and a quota hold together`() {
    let limiter = limiter(rate: 10)
    _ = limiter.tryAcquire()
    limiter.limit(quota(2, .seconds(10)))
    limiter.throttled(retryAfter: .seconds(1))
    #expect(next(limiter) == .seconds(5))
    #expect(limiter.state.allowedRate == 0.2)
    limiter.limit(quota(0, .seconds(20)))
    limiter.throttled(retryAfter: .seconds(1))
    #expect(next(limiter) == .seconds(25))
  }
}
