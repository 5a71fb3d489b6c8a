/// An attempt took longer than it may.
public struct TimedOut: Error, Hashable, CustomStringConvertible {
  public let after: Duration

  public init(after: Duration) {
    self.after = after
  }

  public var description: String { "There was no answer within \(after.spoken)." }
}

/// Gives `operation` so much time, and then cancels it.
///
/// Nothing outlives the call: the caller sees ``TimedOut`` as soon as the operation has heeded its cancellation,
/// which those that wait on the network, a clock or a lock of this room do at once. One that ignores it keeps
/// its caller waiting until it ends, and then the caller sees ``TimedOut`` whatever came of it: it may have had
/// its effect. Cancelling the caller cancels the operation.
///
/// - Throws: ``TimedOut``, without calling when the limit is not above zero; and what `operation` throws.
public func withTimeout<Value: Sendable>(
  _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
  _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let value = try await Deadline(in: limit, clock: clock).race(operation)
  guard let value else { throw TimedOut(after: limit) }
  return value
}

extension Deadline {
  private enum Finish<Value: Sendable> {
    case value(Value)
    case over
    /// The sleep was cut short: the caller was cancelled.
    case cancelled
  }

  /// - Returns: nil when the deadline came first.
  func race<Value: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    guard !isOver else { return nil }
    return try await withThrowingTaskGroup(of: Finish<Value>.self) { group in
      group.addTask { .value(try await operation()) }
      group.addTask {
        do {
          try await timeline.sleep(until: end)
          return .over
        } catch { return .cancelled }
      }
      defer { group.cancelAll() }
      while let finish = try await group.next() {
        switch finish {
        case .value(let value): return value
        case .over: return nil
        case .cancelled: continue
        }
      }
      return nil
    }
  }
}
