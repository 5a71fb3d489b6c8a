import Storage
import Synchronization

/// Time that passes when the test says so.
final class TestTime: Sendable {
  private let moment = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

  var now: Timestamp { moment.withLock { $0 } }
  var clock: @Sendable () -> Timestamp { { self.now } }

  func advance(by duration: Duration) {
    moment.withLock { $0 = $0 + duration }
  }
}
