import Resilience
import RoomTesting
import Testing

/// What may take only so long.
@Suite(.timeLimit(.minutes(1))) struct KeepingTime {
  struct Down: Error {}

  let clock = HandClock()

  @Test func `a deadline counts down, and not below nothing`() {
    let deadline = Deadline(in: .seconds(5), clock: clock)
    #expect(deadline.limit == .seconds(5))
    #expect(deadline.remaining == .seconds(5))
    clock.advance(by: .milliseconds(4999))
    #expect(deadline.remaining == .milliseconds(1))
    #expect(!deadline.isOver)
    clock.advance(by: .milliseconds(1))
    #expect(deadline.isOver)
    clock.advance(by: .seconds(10))
    #expect(deadline.remaining == .zero)
    #expect(Deadline(in: .seconds(-3), clock: clock).isOver)
    #expect(Deadline(in: .seconds(Int64.max), clock: clock).remaining > .seconds(1_000_000))
  }

  @Test func `an operation that ends in time is let be`() async throws {
    let value = try await withTimeout(.seconds(1), clock: clock) { 7 }
    #expect(value == 7)
    await #expect(throws: Down.self) { try await withTimeout(.seconds(1), clock: clock) { throw Down() } }
    #expect(clock.sleepers == 0)
  }

  @Test func `an operation that takes too long is cancelled at the limit`() async throws {
    let ended = Box<Duration?>(nil)
    let task = Task { [clock] in
      try await withTimeout(.seconds(3), clock: clock) {
        do { try await clock.sleep(for: .seconds(60)) } catch {
          ended.change { $0 = clock.elapsed }
          throw error
        }
      }
    }
    try await clock.sleeping(2)
    clock.advance(by: .nanoseconds(2_999_999_999))
    #expect(clock.sleepers == 2)
    clock.advance(by: .nanoseconds(1))
    await #expect(throws: TimedOut(after: .seconds(3))) { try await task.value }
    #expect(ended.value == .seconds(3))
    #expect(clock.sleepers == 0)
  }

  @Test func `one that ignores its cancellation is waited for, and came too late all the same`() async throws
  {
    let (gate, isOver) = (Gate(), Box(false))
    let task = Task { [clock] in
      defer { isOver.change { $0 = true } }
      return try await withTimeout(.seconds(3), clock: clock) {
        await gate.pass()
        return 7
      }
    }
    try await until { gate.inside == 1 && clock.sleepers == 1 }
    clock.advance(by: .seconds(3))
    for _ in 0..<100 { await Task.yield() }
    #expect(!isOver.value)
    gate.release()
    await #expect(throws: TimedOut(after: .seconds(3))) { try await task.value }
  }

  @Test func `cancelling the caller cancels the operation, and is no time-out`() async throws {
    let task = Task { [clock] in
      try await withTimeout(.seconds(3), clock: clock) { try await clock.sleep(for: .seconds(60)) }
    }
    try await clock.sleeping(2)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(clock.sleepers == 0)
  }

  @Test func `what a cancelled caller's operation comes to is not lost`() async throws {
    let gate = Gate()
    let task = Task { [clock] in
      try await withTimeout(.seconds(3), clock: clock) {
        await gate.pass()
        return 7
      }
    }
    try await until { gate.inside == 1 && clock.sleepers == 1 }
    task.cancel()
    try await until { clock.sleepers == 0 }
    gate.release()
    let value = try await task.value
    #expect(value == 7)
  }

  @Test(arguments: [Duration.zero, .seconds(-1)])
  func `without time nothing is called`(limit: Duration) async throws {
    let clock = clock
    await #expect(throws: TimedOut(after: limit)) {
      try await withTimeout(limit, clock: clock) { Issue.record("called") }
    }
  }

  @Test func `says how long it was`() {
    #expect("\(TimedOut(after: .milliseconds(1050)))" == "There was no answer within 1.05 s.")
    #expect(
      "\(DeadlineOver(after: .seconds(5)))"
        == "There was no answer within 5 s, all attempts together. Try again later, or allow more time.")
  }

  @Test func `many at once end each in its own time`() async throws {
    let tasks = (1...200).map { number in
      Task { [clock] in
        try await withTimeout(.milliseconds(number), clock: clock) {
          try await clock.sleep(for: .milliseconds(number % 2 == 0 ? number - 1 : number + 1))
          return number
        }
      }
    }
    try await clock.sleeping(400)
    for millisecond in 1...200 {
      clock.advance(by: .milliseconds(1))
      // In every odd one, one ends in time and one is cut off; each had two sleeps.
      try await until { clock.sleepers == 400 - 4 * ((millisecond + 1) / 2) }
    }
    for (index, task) in tasks.enumerated() {
      let result = await task.result
      switch result {
      case .success(let number): #expect(number == index + 1 && number % 2 == 0)
      case .failure(let error): #expect(error as? TimedOut == TimedOut(after: .milliseconds(index + 1)))
      }
    }
  }
}
