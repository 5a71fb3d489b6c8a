import Synchronization

/// A clock that the test moves, and that tells when somebody waits for it.
final class HandClock: Clock {
  struct Instant: InstantProtocol {
    let offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant(offset: .zero)
    var next = 0
    var sleepers: [Int: Sleeper] = [:]
    var watchers: [Int: CheckedContinuation<Duration, any Error>] = [:]

    /// How long the next sleeper still sleeps.
    var soonest: Duration? { sleepers.values.map(\.deadline).min().map { now.duration(to: $0) } }
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = nextID()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let watchers: [CheckedContinuation<Duration, any Error>] = state.withLock { state in
          // A cancellation that came before is found here, one that comes later finds the sleeper.
          guard !Task.isCancelled else {
            continuation.resume(throwing: CancellationError())
            return []
          }
          state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          defer { state.watchers = [:] }
          return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.resume(returning: now.duration(to: deadline)) }
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Waits until somebody sleeps.
  /// - Returns: for how long.
  func sleeping() async throws -> Duration {
    let id = nextID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        state.withLock { state in
          if let soonest = state.soonest {
            continuation.resume(returning: soonest)
          } else if Task.isCancelled {
            continuation.resume(throwing: CancellationError())
          } else {
            state.watchers[id] = continuation
          }
        }
      }
    } onCancel: {
      state.withLock { $0.watchers.removeValue(forKey: id) }?.resume(throwing: CancellationError())
    }
  }

  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }

  /// Waits until somebody sleeps, and ends that sleep.
  /// - Returns: for how long it was.
  @discardableResult
  func pass() async throws -> Duration {
    let duration = try await sleeping()
    advance(by: duration)
    return duration
  }

  private func nextID() -> Int {
    state.withLock { state in
      state.next += 1
      return state.next
    }
  }
}
