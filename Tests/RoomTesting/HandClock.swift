import Synchronization

/// A clock that the test moves, and that tells when somebody waits for it.
public final class HandClock: Clock {
  public struct Instant: InstantProtocol {
    let offset: Duration

    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  /// A test that waits until so many sleep.
  private struct Watcher {
    let count: Int
    let continuation: CheckedContinuation<Duration, any Error>
  }

  private struct State {
    // Not zero, so that nothing passes only because it reckons from there.
    var now = Instant(offset: .seconds(1000))
    var next = 0
    var sleepers: [Int: Sleeper] = [:]
    var watchers: [Int: Watcher] = [:]

    var soonest: Duration? { sleepers.values.map(\.deadline).min().map { now.duration(to: $0) } }

    mutating func id() -> Int {
      next += 1
      return next
    }

    /// - Returns: who waited for as many as sleep now.
    mutating func satisfied() -> [CheckedContinuation<Duration, any Error>] {
      let satisfied = watchers.filter { $0.value.count <= sleepers.count }
      for id in satisfied.keys { watchers[id] = nil }
      return satisfied.values.map(\.continuation)
    }
  }

  private let state = Mutex(State())

  public init() {}

  public var now: Instant { state.withLock { $0.now } }
  public var minimumResolution: Duration { .nanoseconds(1) }
  /// Since the clock was made.
  public var elapsed: Duration { now.offset - .seconds(1000) }
  public var sleepers: Int { state.withLock { $0.sleepers.count } }
  /// How long the sleep that ends first still lasts.
  public var soonest: Duration? { state.withLock { $0.soonest } }

  public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { $0.id() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let (watchers, soonest) = state.withLock { state in
          // A cancellation that came before is found here, one that comes later finds the sleeper.
          if Task.isCancelled {
            continuation.resume(throwing: CancellationError())
          } else if deadline <= state.now {
            continuation.resume()
          } else {
            state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          }
          return (state.satisfied(), state.soonest ?? .zero)
        }
        for watcher in watchers { watcher.resume(returning: soonest) }
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Wakes, in the order of their deadlines, all whose time comes.
  public func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.deadline < $1.deadline }.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }

  /// Waits until so many sleep.
  /// - Returns: for how long the first of them still does.
  @discardableResult
  public func sleeping(_ count: Int = 1) async throws -> Duration {
    let id = state.withLock { $0.id() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let watchers = state.withLock { state in
          if Task.isCancelled {
            continuation.resume(throwing: CancellationError())
          } else {
            state.watchers[id] = Watcher(count: count, continuation: continuation)
          }
          return state.satisfied().map { ($0, state.soonest ?? .zero) }
        }
        for (watcher, soonest) in watchers { watcher.resume(returning: soonest) }
      }
    } onCancel: {
      state.withLock { $0.watchers.removeValue(forKey: id) }?.continuation.resume(
        throwing: CancellationError())
    }
  }

  /// Waits until somebody sleeps, and ends the sleep that ends first.
  /// - Returns: for how long it was.
  @discardableResult
  public func pass() async throws -> Duration {
    let soonest = try await sleeping()
    advance(by: soonest)
    return soonest
  }
}

/// Lets the others go on until `condition` holds; the time limit of the suite ends a wait in vain.
public func until(_ condition: () -> Bool) async throws {
  while !condition() {
    try Task.checkCancellation()
    await Task.yield()
  }
}
