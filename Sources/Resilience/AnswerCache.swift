import Metrics
import Synchronization

/// Remembers good answers for a short time, and asks once for all who want the same.
///
/// Who asks for what is being asked for already waits for that answer, as with Go's singleflight. A question that
/// was asked is followed to its end, also when nobody waits any more: its answer is remembered.
public final class AnswerCache<Value: Sendable>: Sendable {
  public struct Answer: Sendable {
    public let value: Value
    /// It is older than answers are held to be good, and there was no better one.
    public let isStale: Bool
  }

  private struct Remembered {
    let value: Value
    /// When it was given.
    let at: Duration
  }

  private struct State {
    var answers: [String: Remembered] = [:]
    var questions: [String: Task<Value, any Error>] = [:]
    /// In which order answers came; may name some that are gone.
    var order: [(key: String, at: Duration)] = []
  }

  private let freshFor: Duration
  private let staleFor: Duration
  private let capacity: Int
  private let timeline: Timeline
  private let state = Mutex(State())
  private let hits: Counter
  private let shared: Counter
  private let misses: Counter
  private let stale: Counter

  /// - Parameters:
  ///   - name: the dependency, as it is named in metrics.
  ///   - freshFor: for how long an answer is given again without asking; zero for never.
  ///   - staleFor: for how much longer it may stand in when there is no other; zero for never.
  ///   - capacity: how many answers are remembered; the oldest go first.
  public init(
    name: String, freshFor: Duration, staleFor: Duration = .zero, capacity: Int = 10_000,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    precondition(capacity >= 1, "a cache holds one answer at least")
    self.freshFor = freshFor.bounded
    self.staleFor = staleFor.bounded
    self.capacity = capacity
    timeline = Timeline(clock)
    func counter(_ outcome: String) -> Counter {
      Counter(label: "answer.cache.lookups", dimensions: [("name", name), ("outcome", outcome)])
    }
    (hits, shared, misses, stale) = (counter("hit"), counter("shared"), counter("miss"), counter("stale"))
  }

  /// The answer that is remembered, or the one that `ask` gets.
  ///
  /// - Throws: what `ask` threw for this question; `CancellationError` for whoever is cancelled while waiting, and
  ///   for nobody else.
  public func answer(
    for key: String, _ ask: @escaping @Sendable () async throws -> Value
  ) async throws -> Answer {
    if let known = remembered(for: key) { return known }
    let question = question(key, ask)
    return Answer(value: try await question.valueUnlessCancelled, isStale: false)
  }

  /// What is remembered and still good; nil when it has to be asked for.
  public func remembered(for key: String) -> Answer? {
    let now = timeline.now
    let value = state.withLock { $0.answers[key].flatMap { now - $0.at < freshFor ? $0.value : nil } }
    guard let value else { return nil }
    hits.increment()
    return Answer(value: value, isStale: false)
  }

  /// What is remembered and may stand in for an answer that is not to be had; nil when there is none.
  public func standIn(for key: String) -> Answer? {
    let now = timeline.now
    guard let known = state.withLock({ $0.answers[key] }), now - known.at < freshFor + staleFor else {
      return nil
    }
    let isStale = now - known.at >= freshFor
    if isStale { stale.increment() }
    return Answer(value: known.value, isStale: isStale)
  }

  private func question(
    _ key: String, _ ask: @escaping @Sendable () async throws -> Value
  ) -> Task<Value, any Error> {
    state.withLock { state in
      if let known = state.questions[key] {
        shared.increment()
        return known
      }
      misses.increment()
      let question = Task {
        do {
          let value = try await ask()
          settle(key, value)
          return value
        } catch {
          settle(key, nil)
          throw error
        }
      }
      state.questions[key] = question
      return question
    }
  }

  private func settle(_ key: String, _ value: Value?) {
    let now = timeline.now
    state.withLock { state in
      state.questions[key] = nil
      guard let value, freshFor + staleFor > .zero else { return }
      state.answers[key] = Remembered(value: value, at: now)
      state.order.append((key, now))
      forget(&state, now)
    }
  }

  /// Amortised: each answer is looked at once, when it is too old or one too many.
  private func forget(_ state: inout State, _ now: Duration) {
    var gone = 0
    for (key, at) in state.order {
      guard state.answers.count > capacity || now - at >= freshFor + staleFor else { break }
      // A later answer to the same question stays.
      if state.answers[key]?.at == at { state.answers[key] = nil }
      gone += 1
    }
    if gone > 0 { state.order.removeFirst(gone) }
  }
}

extension Task where Failure == any Error {
  /// Waits for the value, but not longer than the waiting task lives; the task itself goes on.
  fileprivate var valueUnlessCancelled: Success {
    get async throws {
      let waiter = Waiter<Success>()
      let follower = Task<Void, Never> { waiter.end(await self.result) }
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { waiter.wait($0) }
      } onCancel: {
        follower.cancel()
        waiter.end(.failure(Swift.CancellationError()))
      }
    }
  }
}

/// Somebody who waits for a result, once.
private final class Waiter<Value: Sendable>: Sendable {
  private enum State {
    case early
    case waiting(CheckedContinuation<Value, any Error>)
    case ended(Result<Value, any Error>)
    case over
  }

  private let state = Mutex(State.early)

  func wait(_ continuation: CheckedContinuation<Value, any Error>) {
    let result: Result<Value, any Error>? = state.withLock { state in
      guard case .ended(let result) = state else {
        state = .waiting(continuation)
        return nil
      }
      state = .over
      return result
    }
    if let result { continuation.resume(with: result) }
  }

  func end(_ result: Result<Value, any Error>) {
    let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
      switch state {
      case .early:
        state = .ended(result)
        return nil
      case .waiting(let continuation):
        state = .over
        return continuation
      case .ended, .over: return nil
      }
    }
    continuation?.resume(with: result)
  }
}
