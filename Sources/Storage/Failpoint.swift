import Foundation
import Synchronization

/// A named place where a test can have the process die as by `kill -9`.
///
/// `WAYBILL_CRASH_AT=delivery:outbox.after-publish` kills the process when the delivery service first gets
/// there, `…:3` the third time. Only debug builds look; in a release build a failpoint is nothing.
public enum Failpoint: String, Sendable, CaseIterable {
  /// Everything that somebody waits for is written, the transaction is not yet committed. One that only wakes does
  /// not count: how many of those there are depends on the time.
  case beforeCommit = "store.before-commit"
  /// The outbox rows are durable; none has been handed to the producer.
  case beforePublish = "outbox.before-publish"
  /// The broker has acknowledged the rows; they are not yet marked as published.
  case afterPublish = "outbox.after-publish"
  /// The messages are handled and committed; their offsets are not.
  case beforeOffsets = "subscription.before-offsets"

  #if DEBUG
    private static let armed: (place: String, passes: Int)? = {
      guard let setting = ProcessInfo.processInfo.environment["WAYBILL_CRASH_AT"] else { return nil }
      let parts = setting.split(separator: ":")
      return (parts.prefix(2).joined(separator: ":"), parts.count > 2 ? Int(parts[2]) ?? 1 : 1)
    }()

    private static let passed = Atomic(0)
  #endif

  @inline(__always)
  public func reach(in service: String) {
    #if DEBUG
      guard let armed = Self.armed, armed.place == "\(service):\(rawValue)" else { return }
      let pass = Self.passed.add(1, ordering: .relaxed).newValue
      if pass == armed.passes { kill(getpid(), SIGKILL) }
    #endif
  }
}
