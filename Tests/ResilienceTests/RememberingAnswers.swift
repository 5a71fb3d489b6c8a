import Resilience
import RoomTesting
import Testing

/// What was asked a moment ago is not asked again, and what is being asked is asked once.
@Suite(.timeLimit(.minutes(1))) struct RememberingAnswers {
  struct Down: Error {}

  let clock = HandClock()
  let gate = Gate()
  let asked = Box(0)

  private func cache(
    _ name: String = "products", fresh: Duration = .seconds(30), stale: Duration = .zero, capacity: Int = 10
  ) -> AnswerCache<Int> {
    AnswerCache(name: name, freshFor: fresh, staleFor: stale, capacity: capacity, clock: clock)
  }

  /// Asks, and counts it.
  private func ask(_ cache: AnswerCache<Int>, _ key: String = "box") async throws -> Int {
    try await cache.answer(for: key) { [asked] in
      asked.change { $0 += 1 }
      return asked.value
    }.value
  }

  @Test func `gives a good answer again for so long, and then asks anew`() async throws {
    let cache = cache()
    #expect(try await [ask(cache), ask(cache)] == [1, 1])
    clock.advance(by: .seconds(30) - .nanoseconds(1))
    #expect(try await ask(cache) == 1)
    #expect(try await ask(cache, "other") == 2)
    clock.advance(by: .nanoseconds(1))
    #expect(try await ask(cache) == 3)
  }

  @Test func `who wants what is being asked waits for that answer`() async throws {
    let cache = cache(fresh: .zero)
    let tasks = (0..<20).map { _ in
      Task {
        try await cache.answer(for: "box") { [gate, asked] in
          asked.change { $0 += 1 }
          await gate.pass()
          return 7
        }.value
      }
    }
    try await until { gate.inside == 1 }
    // Another question is not held up.
    #expect(try await ask(cache, "other") == 2)
    gate.release()
    for task in tasks { #expect(try await task.value == 7) }
    #expect(gate.entered.count == 1)
  }

  @Test func `a failure is told to all who waited, and not remembered`() async throws {
    let cache = cache()
    let tasks = (0..<5).map { _ in
      Task {
        try await cache.answer(for: "box") { [gate] in
          await gate.pass()
          throw Down()
        }.value
      }
    }
    try await until { gate.inside == 1 }
    gate.release()
    for task in tasks { await #expect(throws: Down.self) { try await task.value } }
    #expect(cache.standIn(for: "box") == nil)
    #expect(try await ask(cache) == 1)
  }

  @Test func `who is cancelled leaves the question to the others, and its answer is remembered`() async throws
  {
    let cache = cache()
    let impatient = Task {
      try await cache.answer(for: "box") { [gate] in
        await gate.pass()
        return 7
      }.value
    }
    try await until { gate.inside == 1 }
    let patient = Task { try await ask(cache) }
    impatient.cancel()
    await #expect(throws: CancellationError.self) { try await impatient.value }
    gate.release()
    #expect(try await patient.value == 7)
    #expect(try await ask(cache) == 7)
    #expect(asked.value == 0)
  }

  @Test func `an old answer stands in only as long as it may, and says that it is old`() async throws {
    let cache = cache(fresh: .seconds(10), stale: .seconds(60))
    _ = try await ask(cache)
    #expect(cache.standIn(for: "box")?.isStale == false)
    clock.advance(by: .seconds(10))
    #expect(cache.standIn(for: "box")?.isStale == true)
    #expect(cache.standIn(for: "box")?.value == 1)
    clock.advance(by: .seconds(60))
    #expect(cache.standIn(for: "box") == nil)
    #expect(cache.standIn(for: "other") == nil)
  }

  @Test func `remembers so many, and forgets the oldest first`() async throws {
    let cache = cache(capacity: 3)
    for key in ["a", "b", "c", "d", "e"] { _ = try await ask(cache, key) }
    for key in ["a", "b"] { #expect(cache.standIn(for: key) == nil) }
    for key in ["c", "d", "e"] { #expect(cache.standIn(for: key) != nil) }
  }

  @Test func `shows how often it knew the answer`() async throws {
    let metrics = RecordingMetrics.shared
    let cache = cache("shown cache", fresh: .seconds(1), stale: .seconds(1))
    for _ in 0..<3 { _ = try await ask(cache) }
    clock.advance(by: .seconds(1))
    _ = cache.standIn(for: "box")
    func count(_ outcome: String) -> Double? {
      metrics["answer.cache.lookups", "name=shown cache", "outcome=\(outcome)"]
    }
    #expect([count("miss"), count("hit"), count("stale")] == [1, 2, 1])
  }
}
