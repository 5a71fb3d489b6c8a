import Resilience
import RoomTesting
import Synchronization

/// Tasks that wait for their turn at a limiter, and what each got, in order.
final class Queue: Sendable {
  enum Event: Hashable {
    case turn(String)
    case cancelled(String)
  }

  let limiter: RateLimiter
  private let clock: HandClock
  private let events = Mutex<[Event]>([])

  init(_ limiter: RateLimiter, _ clock: HandClock) {
    self.limiter = limiter
    self.clock = clock
  }

  var seen: [Event] { events.withLock { $0 } }

  /// Returns when `name` stands in the line.
  func join(_ name: String) async throws -> Task<Void, Never> {
    let waiting = limiter.state.waiting
    let task = Task {
      do {
        try await limiter.acquire()
        events.withLock { $0.append(.turn(name)) }
      } catch {
        events.withLock { $0.append(.cancelled(name)) }
      }
    }
    try await until { limiter.state.waiting > waiting }
    return task
  }

  /// Moves the clock, from one sleep to the next, until one more has got its turn.
  /// - Returns: who, and when that was.
  func next() async throws -> (event: Event, at: Duration) {
    let (waiting, events) = (limiter.state.waiting, seen.count)
    repeat {
      try await clock.pass()
      try await until { clock.sleepers > 0 || limiter.state.waiting < waiting }
    } while limiter.state.waiting == waiting
    try await until { seen.count > events }
    return (seen[events], clock.elapsed)
  }
}
