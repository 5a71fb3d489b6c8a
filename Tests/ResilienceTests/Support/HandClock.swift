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
    // Not zero, so that nothing passes only because it reckons from there.
    var now = Instant(offset: .seconds(1000))
    var next = 0
    var sleepers: [Int: Sleeper] = [:]
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }
  /// Since the clock was made.
  var elapsed: Duration { now.offset - .seconds(1000) }
  var sleepers: Int { state.withLock { $0.sleepers.count } }
  /// How long the sleep that ends first still lasts.
  var soonest: Duration? {
    state.withLock { state in state.sleepers.values.map(\.deadline).min().map { state.now.duration(to: $0) } }
  }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        state.withLock { state in
          // A cancellation that came before is found here, one that comes later finds the sleeper.
          if Task.isCancelled {
            continuation.resume(throwing: CancellationError())
          } else if deadline <= state.now {
            continuation.resume()
          } else {
            state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          }
        }
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Wakes, in the order of their deadlines, all whose time comes.
  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.deadline < $1.deadline }.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }

  /// Waits until so many sleep.
  func sleeping(_ count: Int = 1) async throws {
    try await until { sleepers >= count }
  }

  /// Waits until somebody sleeps, and ends the sleep that ends first.
  /// - Returns: for how long it was.
  @discardableResult
  func pass() async throws -> Duration {
    try await sleeping()
    let soonest = soonest ?? .zero
    advance(by: soonest)
    return soonest
  }
}

/// Lets the others go on until `condition` holds; the time limit of the suite ends a wait in vain.
func until(_ condition: () -> Bool) async throws {
  while !condition() {
    try Task.checkCancellation()
    await Task.yield()
  }
}
