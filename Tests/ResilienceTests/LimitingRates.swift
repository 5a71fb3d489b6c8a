import Resilience
import RoomTesting
import Testing

/// How fast requests go out while the target says nothing.
@Suite(.timeLimit(.minutes(1))) struct LimitingRates {
  let clock = HandClock()

  private func limiter(rate: Double, burst: Int, name: String = "target") -> RateLimiter {
    RateLimiter(name: name, rate: rate, burst: burst, clock: clock)
  }

  /// Takes all there is at this moment.
  private func drain(_ limiter: RateLimiter) -> Int {
    var count = 0
    while limiter.tryAcquire() == nil { count += 1 }
    return count
  }

  @Test func `lets a burst out at once, and then one after the other`() {
    let limiter = limiter(rate: 10, burst: 5)
    #expect(drain(limiter) == 5)
    for _ in 0..<50 {
      #expect(limiter.tryAcquire() == .milliseconds(100))
      clock.advance(by: .nanoseconds(99_999_999))
      #expect(limiter.tryAcquire() == .nanoseconds(1))
      clock.advance(by: .nanoseconds(1))
      #expect(limiter.tryAcquire() == nil)
    }
    clock.advance(by: .seconds(3600))
    #expect(drain(limiter) == 5)
  }

  @Test(arguments: [(10, 1), (3, 7), (0.2, 2), (1.0 / 7, 1), (997, 50), (12_345, 1)] as [(Double, Int)])
  func `never lets out more than the burst and the rate in any stretch of time`(rate: Double, burst: Int) {
    var random = SeededRandom(UInt64(burst) &* 77 &+ UInt64(rate))
    let limiter = limiter(rate: rate, burst: burst)
    var times: [Double] = []
    for _ in 0..<400 {
      clock.advance(by: .seconds(Double.random(in: 0...3, using: &random) / rate))
      for _ in 0..<Int.random(in: 0...burst * 2, using: &random) where limiter.tryAcquire() == nil {
        times.append(clock.elapsed / .seconds(1))
      }
      if Int.random(in: 0..<10, using: &random) == 0 { limiter.throttled(retryAfter: .seconds(2 / rate)) }
      limiter.succeeded()
    }
    #expect(times.count > 30)
    let overruns = times.indices.flatMap { first in
      times[first...].enumerated().filter { count, last in
        Double(count + 1) > Double(burst) + rate * (last - times[first]) + 1e-6
      }
    }
    #expect(overruns.isEmpty)
  }

  @Test(arguments: [0.3, 3, 7, 33, 1000, 99_999])
  func `says to the nanosecond when to come again, and reaches its rate`(rate: Double) {
    let limiter = limiter(rate: rate, burst: 1)
    var count = 0
    while clock.elapsed < .seconds(1000 / rate) {
      guard let wait = limiter.tryAcquire() else {
        count += 1
        continue
      }
      clock.advance(by: wait)
      let again = limiter.tryAcquire()
      #expect(again == nil)
      count += 1
    }
    // The first came at once.
    #expect((1000...1001).contains(count))
  }

  @Test func `calls those who wait up in their order, each at its time`() async throws {
    let limiter = limiter(rate: 4, burst: 1)
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    for name in ["a", "b", "c", "d"] { _ = try await queue.join(name) }
    for (place, name) in ["a", "b", "c", "d"].enumerated() {
      let next = try await queue.next()
      #expect(next.event == .turn(name))
      #expect(next.at == .milliseconds(250) * (place + 1))
    }
    #expect(clock.sleepers == 0)
  }

  @Test func `nobody gets past those who wait`() async throws {
    let limiter = limiter(rate: 1, burst: 3)
    let queue = Queue(limiter, clock)
    #expect(drain(limiter) == 3)
    _ = try await queue.join("a")
    _ = try await queue.join("b")
    #expect(limiter.tryAcquire() == .seconds(3))
    let next = try await queue.next()
    #expect(next.event == .turn("a"))
    #expect(limiter.tryAcquire() == .seconds(2))
    _ = try await queue.next()
  }

  @Test func `nobody gets past those whose turn has just come`() async throws {
    let limiter = limiter(rate: 1, burst: 1)
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    for number in 0..<100 { _ = try await queue.join("\(number)") }
    for called in 1...100 {
      try await clock.sleeping()
      clock.advance(by: .seconds(1))
      #expect(limiter.tryAcquire() != nil)
      try await until { queue.seen.count == called }
    }
  }

  @Test func `who is cancelled leaves the line, and those behind move up`() async throws {
    let limiter = limiter(rate: 1, burst: 1)
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    var tasks: [Task<Void, Never>] = []
    for name in ["a", "b", "c", "d"] { tasks.append(try await queue.join(name)) }
    tasks[0].cancel()
    tasks[2].cancel()
    await tasks[0].value
    await tasks[2].value
    #expect(Set(queue.seen) == [.cancelled("a"), .cancelled("c")])
    #expect(limiter.state.waiting == 2)
    var next = try await queue.next()
    #expect(next.event == .turn("b"))
    #expect(next.at == .seconds(1))
    next = try await queue.next()
    #expect(next.event == .turn("d"))
    #expect(next.at == .seconds(2))
    #expect(limiter.tryAcquire() == .seconds(1))
  }

  @Test func `who is cancelled when called up already gives the turn back`() async throws {
    let (limiter, held) = (limiter(rate: 1, burst: 1), Held())
    try await limiter.acquire()
    let task = Task { try await held.run { try await limiter.acquire() } }
    try await held.goOn { limiter.state.waiting == 1 }
    try await clock.pass()
    try await until { held.isReady }
    #expect(limiter.state.waiting == 0)
    #expect(limiter.tryAcquire() == .seconds(1))
    task.cancel()
    try await held.goOn { limiter.state.availableTokens == 1 }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(limiter.state.usedRate == 1)
    #expect(limiter.tryAcquire() == nil)
  }

  @Test func `who is cancelled before takes nothing`() async throws {
    let limiter = limiter(rate: 1, burst: 1)
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      for await _ in gate {}
      return try await limiter.acquire()
    }
    task.cancel()
    opener.finish()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(limiter.tryAcquire() == nil)
  }

  @Test func `no sleep goes on when the last who waited has left`() async throws {
    let limiter = limiter(rate: 1, burst: 1)
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    let task = try await queue.join("a")
    try await clock.sleeping()
    task.cancel()
    await task.value
    try await until { clock.sleepers == 0 }
  }

  @Test func `instances that share a target take together what it takes`() {
    let instances = (0..<4).map { _ in limiter(rate: 8, burst: 8) }
    for instance in instances { instance.share = 0.25 }
    #expect(instances.map(drain) == [2, 2, 2, 2])
    clock.advance(by: .seconds(1))
    #expect(instances.map(drain) == [2, 2, 2, 2])
    // One ends, and the others take over its part.
    for instance in instances[..<2] { instance.share = 0.5 }
    clock.advance(by: .milliseconds(500))
    #expect(instances[..<2].map(drain) == [2, 2])
    #expect(instances[0].state.allowedRate == 4)
    #expect(instances[0].state.configuredRate == 8)
  }

  @Test func `a share that grows brings the next turn nearer for those who wait already`() async throws {
    let limiter = limiter(rate: 1, burst: 1)
    let queue = Queue(limiter, clock)
    limiter.share = 0.1
    try await limiter.acquire()
    _ = try await queue.join("a")
    try await clock.sleeping()
    clock.advance(by: .seconds(2))
    limiter.share = 1
    let next = try await queue.next()
    #expect(next.at == .milliseconds(2800))
  }

  @Test func `a share out of bounds is taken for the nearest there is`() {
    let limiter = limiter(rate: 10, burst: 1)
    for (given, kept) in [(2.0, 1.0), (0, 0.001), (-3, 0.001), (.nan, 0.001), (0.5, 0.5)] {
      limiter.share = given
      #expect(limiter.share == kept)
    }
  }

  @Test func `tells what went out lately`() {
    let limiter = limiter(rate: 10, burst: 20)
    #expect(limiter.state.usedRate == 0)
    clock.advance(by: .seconds(60))
    #expect(drain(limiter) == 20)
    #expect(limiter.state.usedRate == 4)
    for _ in 0..<100 {
      clock.advance(by: .milliseconds(100))
      _ = limiter.tryAcquire()
    }
    #expect(abs(limiter.state.usedRate - 10) <= 1)
    clock.advance(by: .seconds(6))
    #expect(limiter.state.usedRate == 0)
  }

  @Test func `shows its rate and who waits`() async throws {
    let metrics = RecordingMetrics.shared
    let limiter = limiter(rate: 8, burst: 1, name: "shown")
    let queue = Queue(limiter, clock)
    try await limiter.acquire()
    #expect(metrics["ratelimiter.allowed.rate", "name=shown"] == 8)
    #expect(metrics["ratelimiter.waiting", "name=shown"] == 0)
    _ = try await queue.join("a")
    _ = try await queue.join("b")
    #expect(metrics["ratelimiter.waiting", "name=shown"] == 2)
    _ = try await queue.next()
    _ = try await queue.next()
    #expect(metrics["ratelimiter.waiting", "name=shown"] == 0)
    limiter.throttled(retryAfter: nil)
    #expect(metrics["ratelimiter.allowed.rate", "name=shown"] == 4)
    #expect(metrics["ratelimiter.throttled", "name=shown"] == 1)
  }

  @Test func `many tasks at once, some of them cancelled, lose no turn and no waiter`() async throws {
    let limiter = limiter(rate: 1000, burst: 10)
    let tasks = (0..<2000).map { number in
      Task {
        if number % 3 == 0 { withUnsafeCurrentTask { $0?.cancel() } }
        try await limiter.acquire()
        limiter.succeeded()
      }
    }
    let others = (0..<200).map { number in
      Task { if number % 2 == 0 { limiter.share = 0.5 } else { limiter.share = 1 } }
    }
    for (number, task) in tasks.enumerated() where number % 7 == 0 { task.cancel() }
    for task in others { await task.value }
    limiter.share = 1
    let driver = Task { while !Task.isCancelled { try await clock.pass() } }
    var granted = 0
    for task in tasks where (try? await task.value) != nil { granted += 1 }
    driver.cancel()
    _ = try? await driver.value
    #expect(granted > 600)
    #expect(limiter.state.waiting == 0)
    // All but the burst had to wait for its thousandth of a second; a turn given back goes to another.
    #expect(clock.elapsed >= .milliseconds(granted - 11))
    #expect(clock.elapsed <= .milliseconds(2 * 2000))
  }
}
