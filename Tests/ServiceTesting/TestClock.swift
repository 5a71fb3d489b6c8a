public import Storage
import Synchronization

/// Time in the hand of a test.
public final class TestClock: Sendable {
  private let moment: Mutex<Timestamp>

  public init(_ start: Timestamp = .now) {
    moment = Mutex(start)
  }

  public var now: Timestamp { moment.withLock { $0 } }

  /// The same, to be handed over.
  public var read: @Sendable () -> Timestamp { { self.now } }

  public func pass(_ time: Duration) {
    moment.withLock { $0 = $0 + time }
  }
}
