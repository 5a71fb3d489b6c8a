import Foundation
import Testing

@testable import Resilience

/// Nothing goes out faster than allowed, and whoever came first goes first.
@Suite(.timeLimit(.minutes(1))) struct LimitingRates {
  let clock = ManualClock()

  private func limiter(_ rate: Double = 10, burst: Int = 5) -> RateLimiter {
    RateLimiter(name: "test", rate: rate, burst: burst, clock: clock)
  }

  /// Takes turns in small steps of time for so long.
  private func take(_ limiter: RateLimiter, for span: Duration, every step: Duration = .milliseconds(1))
    -> [Duration]
  {
    var turns: [Duration] = []
    let end = clock.now.advanced(by: span)
    while clock.now < end {
      while limiter.tryAcquire() == nil { turns.append(clock.now.offset) }
      clock.advance(by: step)
    }
    return turns
  }

  @Test func `a burst goes at once, and what follows at the rate`() {
    let turns = take(limiter(), for: .seconds(2))
    #expect(turns.prefix(5).allSatisfy { $0 == .zero })
    #expect(turns.count == 5 + 19)
    for (one, next) in zip(turns.dropFirst(5), turns.dropFirst(6)) {
      #expect(next - one >= .milliseconds(99))
    }
  }

  @Test(arguments: [(0.5, 1), (3, 2), (10, 5), (250, 40)])
  func `never more than the burst and the rate together, in any stretch of time`(rate: Double, burst: Int) {
    let limiter = limiter(rate, burst: burst)
    var generator = SystemRandomNumberGenerator()
    var turns: [Duration] = []
    for _ in 0..<4000 {
      clock.advance(by: .microseconds(Int64.random(in: 0...40_000, using: &generator)))
      for _ in 0..<Int.random(in: 0...3, using: &generator) where limiter.tryAcquire() == nil {
        turns.append(clock.now.offset)
      }
    }
    for (place, start) in turns.enumerated() {
      for (count, end) in turns[place...].enumerated() where count < 200 {
        #expect(Double(count + 1) <= Double(burst) + rate * ((end - start) / .seconds(1)) + 0.001)
      }
    }
  }

  @Test func `those who wait go in the order of their coming`() async throws {
    let limiter = limiter(10, burst: 1)
    try await limiter.acquire()
    let (order, note) = AsyncStream.makeStream(of: Int.self)
    var waiters: [Task<Void, any Error>] = []
    for number in 0..<5 {
      waiters.append(
        Task {
          try await limiter.acquire()
          note.yield(number)
        })
      while limiter.state.waiting <= number { await Task.yield() }
    }
    var seen: [Int] = []
    var turns = order.makeAsyncIterator()
    for _ in 0..<5 {
      await clock.sleepers(1)
      clock.advance(by: .milliseconds(101))
      seen.append(try #require(await turns.next()))
    }
    #expect(seen == [0, 1, 2, 3, 4])
  }

  @Test func `who does not want to wait any more leaves his turn to the next`() async throws {
    let limiter = limiter(1, burst: 1)
    try await limiter.acquire()
    let impatient = Task { try await limiter.acquire() }
    while limiter.state.waiting < 1 { await Task.yield() }
    let patient = Task { try await limiter.acquire() }
    while limiter.state.waiting < 2 { await Task.yield() }
    impatient.cancel()
    await #expect(throws: CancellationError.self) { try await impatient.value }
    await clock.sleepers(1)
    clock.advance(by: .milliseconds(1001))
    try await patient.value
    #expect(limiter.state.waiting == 0)
  }

  @Test func `nothing goes out before the other side wants it, and the first exactly then`() {
    let limiter = limiter(100, burst: 10)
    limiter.throttled(retryAfter: .seconds(7))
    #expect(limiter.tryAcquire() == .seconds(7))
    clock.advance(by: .milliseconds(6999))
    #expect(limiter.tryAcquire() == .milliseconds(1))
    clock.advance(by: .milliseconds(1))
    #expect(limiter.tryAcquire() == nil)
    // And no burst behind it.
    #expect(limiter.tryAcquire() != nil)
  }

  @Test func `refusals of requests that were under way together halve the pace once`() {
    let limiter = limiter(100)
    for _ in 0..<5 { limiter.throttled(retryAfter: .seconds(2)) }
    #expect(limiter.state.allowedRate == 50)
    clock.advance(by: .seconds(3))
    limiter.throttled(retryAfter: .seconds(2))
    #expect(limiter.state.allowedRate == 25)
    for _ in 0..<20 {
      clock.advance(by: .seconds(3))
      limiter.throttled(retryAfter: .seconds(2))
    }
    #expect(limiter.state.allowedRate == 100.0 / 64)
  }

  @Test func `ten seconds of success bring the whole pace back, and not earlier`() {
    let limiter = limiter(100)
    limiter.throttled(retryAfter: .seconds(1))
    clock.advance(by: .seconds(1))
    var elapsed = 0
    while limiter.state.allowedRate < 100, elapsed < 200 {
      clock.advance(by: .milliseconds(100))
      elapsed += 1
      limiter.succeeded()
    }
    #expect(elapsed == 50)
    // Silence is no success.
    limiter.throttled(retryAfter: .seconds(1))
    clock.advance(by: .seconds(60))
    limiter.succeeded()
    #expect(abs(limiter.state.allowedRate - 60) < 0.001)
  }

  @Test func `what the other side has left is all that goes out until it begins anew`() {
    let limiter = limiter(1000, burst: 100)
    limiter.limit(RateLimitHeader(remaining: 3, reset: .seconds(5)))
    #expect(take(limiter, for: .seconds(4)).count == 3)
    clock.advance(by: .seconds(1))
    #expect(limiter.tryAcquire() == nil)
    limiter.limit(RateLimitHeader(remaining: 0, reset: .seconds(9)))
    #expect(limiter.tryAcquire() == .seconds(9))
    #expect(limiter.state.pausedFor == .seconds(9))
  }

  @Test func `a share divides rate and burst, and changes while it runs`() {
    let limiter = limiter(100, burst: 10)
    limiter.share = 0.5
    #expect(take(limiter, for: .seconds(2)).count == 5 + 99)
    limiter.share = 1
    #expect((195...200).contains(take(limiter, for: .seconds(2)).count))
    #expect(limiter.state.configuredRate == 100)
  }

  @Test func `many at once get a turn each, and none twice`() async throws {
    let limiter = RateLimiter(name: "test", rate: 1_000_000, burst: 10)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2000 { group.addTask { try await limiter.acquire() } }
      try await group.waitForAll()
    }
    #expect(limiter.state.waiting == 0)
  }
}

@Suite struct ReadingLimits {
  @Test(arguments: [
    ([("ratelimit", #""default";r=50;t=30"#)], 50, 30),
    ([("ratelimit", #""burst";r=100;t=60, "daily";r=3;t=3600"#)], 3, 3600),
    ([("ratelimit", #""default"; r=0; t=7"#)], 0, 7),
    ([("ratelimit-remaining", "5"), ("ratelimit-reset", "10")], 5, 10),
    ([("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "60")], 0, 60),
  ])
  func `every spelling is understood`(fields: [(String, String)], remaining: Int, reset: Int) {
    let header = RateLimitHeader { name in fields.first { $0.0 == name }?.1 }
    #expect(header == RateLimitHeader(remaining: remaining, reset: .seconds(reset)))
  }

  @Test(arguments: [
    [("ratelimit", "nonsense")], [("ratelimit", #""default";r=x;t=1"#)],
    [("ratelimit", #""default";r=-1;t=1"#)],
    [("ratelimit-remaining", "5")], [("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "1795251077")], [],
  ])
  func `what cannot be understood says nothing`(fields: [(String, String)]) {
    #expect(RateLimitHeader { name in fields.first { $0.0 == name }?.1 } == nil)
  }

  @Test(arguments: [
    ("7", 7000), ("0", 0), (" 120 ", 120_000), ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000),
    ("Sunday, 06-Nov-94 08:49:47 GMT", 10_000), ("Sun Nov  6 08:49:47 1994", 10_000),
    ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
  ])
  func `a time to wait is seconds or a date`(text: String, milliseconds: Int) {
    let now = Date(timeIntervalSince1970: 784_111_777)
    #expect(RetryAfter(text: text, now: now)?.delay == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "soon", "-1", "1.5", "99999999999999999999"])
  func `anything else is none`(text: String) {
    #expect(RetryAfter(text: text, now: Date()) == nil)
  }
}
