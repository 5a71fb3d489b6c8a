import Resilience
import RoomTesting
import Testing

/// What is tried again, when, and how often.
@Suite(.timeLimit(.minutes(1))) struct TryingAgain {
  struct Down: Error, Equatable { var attempt = 0 }

  let clock = HandClock()

  private func retry(
    _ attempts: Int = 10, largest: Duration = .seconds(2), random: @escaping @Sendable () -> Double = { 1 }
  ) -> Retry {
    Retry(
      attempts: attempts, firstDelay: .milliseconds(100), largestDelay: largest, clock: clock, random: random)
  }

  /// Runs what never works, passing all sleeps.
  private func delays(
    _ retry: Retry, deadline: Deadline? = nil,
    advice: @escaping @Sendable (Int) -> RetryAdvice = { _ in .retry }
  ) async throws -> (delays: [Duration], error: (any Error)?) {
    let (times, isOver) = (Box<[Duration]>([]), Box(false))
    let task = Task { [clock] in
      defer { isOver.change { $0 = true } }
      try await retry.run(deadline: deadline) {
        advice(($0 as? Down)?.attempt ?? 0)
      } operation: { attempt in
        times.change { $0.append(clock.elapsed) }
        throw Down(attempt: attempt)
      }
    }
    while true {
      try await until { isOver.value || clock.sleepers > 0 }
      if isOver.value { break }
      try await clock.pass()
    }
    var error: (any Error)?
    do { try await task.value } catch let thrown { error = thrown }
    return (zip(times.value.dropFirst(), times.value).map { $0 - $1 }, error)
  }

  @Test func `what works at once is done once`() async throws {
    let value = try await retry().run { _ in
      .retry
    } operation: {
      $0
    }
    #expect(value == 1)
  }

  @Test func `delays double, up to the largest, and attempts end`() async throws {
    let (delays, error) = try await delays(retry(8, largest: .milliseconds(1500)))
    #expect(delays == [100, 200, 400, 800, 1500, 1500, 1500].map { Duration.milliseconds($0) })
    #expect(error as? Down == Down(attempt: 8))
  }

  @Test func `a delay is anything from nothing to the doubled one`() async throws {
    let random = Box(SeededRandom(7))
    let retry = retry(400) {
      var number = 0.0
      random.change { number = Double.random(in: 0..<1, using: &$0) }
      return number
    }
    let parts = try await delays(retry).delays.enumerated().map { number, delay in
      delay / min(.milliseconds(100) * (1 << min(number, 30)), .seconds(2))
    }
    #expect(parts.count == 399)
    #expect(parts.allSatisfy { (0...1).contains($0) })
    for tenth in 0..<10 {
      let count = parts.count { Int($0 * 10) == tenth }
      #expect((15...75).contains(count))
    }
  }

  @Test func `a working attempt ends it`() async throws {
    let task = Task { [clock] in
      try await retry().run { _ in
        .retry
      } operation: { attempt in
        if attempt < 3 { throw Down(attempt: attempt) }
        return (attempt, clock.elapsed)
      }
    }
    try await clock.pass()
    try await clock.pass()
    let (attempt, time) = try await task.value
    #expect(attempt == 3)
    #expect(time == .milliseconds(300))
  }

  @Test func `what would end the same way is not tried again`() async throws {
    let (delays, error) = try await delays(retry()) { $0 == 2 ? .never : .retry }
    #expect(delays == [.milliseconds(100)])
    #expect(error as? Down == Down(attempt: 2))
  }

  @Test func `the other side's time is kept to, even beyond the largest delay`() async throws {
    let (delays, _) = try await delays(retry(4, largest: .seconds(1))) {
      [.after(.seconds(7)), .after(.seconds(-1)), .retry][$0 - 1]
    }
    #expect(delays == [.seconds(7), .zero, .milliseconds(400)])
  }

  @Test func `gives up at once when the next attempt could not begin in time`() async throws {
    let start = clock.elapsed
    let (some, error) = try await delays(retry(), deadline: Deadline(in: .milliseconds(700), clock: clock))
    #expect(some == [.milliseconds(100), .milliseconds(200)])
    #expect(error as? Down == Down(attempt: 3))
    #expect(clock.elapsed - start == .milliseconds(300))
    let deadline = Deadline(in: .seconds(7), clock: clock)
    let (none, last) = try await delays(retry(), deadline: deadline) { _ in .after(.seconds(7)) }
    #expect(none.isEmpty)
    #expect(last as? Down == Down(attempt: 1))
  }

  @Test func `does not begin when there is no time`() async throws {
    let deadline = Deadline(in: .zero, clock: clock)
    await #expect(throws: DeadlineOver(after: .zero)) {
      try await retry().run(deadline: deadline) { _ in
        .retry
      } operation: { _ in
        Issue.record("called")
      }
    }
  }

  @Test func `a cancellation is not tried again, and ends a delay`() async throws {
    await #expect(throws: CancellationError.self) {
      try await retry().run { _ in
        .retry
      } operation: { _ in
        throw CancellationError()
      }
    }
    let attempts = Box(0)
    let task = Task {
      try await retry().run { _ in
        .retry
      } operation: { _ in
        attempts.change { $0 += 1 }
        throw Down()
      }
    }
    try await clock.sleeping()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(attempts.value == 1)
    let late = Task {
      try await retry().run { _ in
        .retry
      } operation: { attempt in
        withUnsafeCurrentTask { $0?.cancel() }
        throw Down(attempt: attempt)
      }
    }
    await #expect(throws: Down(attempt: 1)) { try await late.value }
  }

  @Test(arguments: [
    (200, RetryAdvice.never, false), (301, .never, false), (400, .never, false), (401, .never, false),
    (404, .never, false), (408, .retry, true), (409, .never, false), (422, .never, false),
    (429, .retry, false), (499, .never, false), (500, .retry, true), (502, .retry, true),
    (503, .retry, true), (599, .retry, true), (600, .never, false), (0, .never, false),
  ])
  func `of the answers over HTTP, only some may go better`(status: Int, advice: RetryAdvice, theirs: Bool) {
    #expect(HTTPFailure(status: status).advice == advice)
    #expect(HTTPFailure(status: status).isTheirs == theirs)
    let told = HTTPFailure(status: status, retryAfter: .seconds(7)).advice
    #expect(told == (advice == .never ? .never : .after(.seconds(7))))
  }

  @Test func `says what can be done`() {
    #expect(
      "\(HTTPFailure(status: 404))" == "The answer was HTTP 404. The same request will not go better later.")
    #expect("\(HTTPFailure(status: 500))" == "The answer was HTTP 500. Try again later.")
    #expect(
      "\(HTTPFailure(status: 429, retryAfter: .seconds(7)))" == "The answer was HTTP 429. Try again in 7 s.")
  }
}
