import Storage
import Synchronization

/// Time in the hand of a test.
final class TestClock: Sendable {
  private let moment: Mutex<Timestamp>

  init(_ start: Timestamp = .now) {
    moment = Mutex(start)
  }

  var now: Timestamp { moment.withLock { $0 } }

  func pass(_ time: Duration) {
    moment.withLock { $0 = $0 + time }
  }
}
