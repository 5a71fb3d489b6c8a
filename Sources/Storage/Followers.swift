import Synchronization

/// A decision that follows from those of others.
///
/// - Returns: what to do once it is committed, on the writing thread: it hands over and returns.
public typealias FollowingDecision = @Sendable (UnitOfWork) throws -> @Sendable () -> Void

/// Who decides in the transaction of whoever raised a signal.
final class Followers: Sendable {
  private struct Entries {
    var next = 0
    var of: [CommitSignal: [Int: FollowingDecision]] = [:]
  }

  private let entries = Mutex(Entries())

  /// - Returns: ends it.
  func add(_ decision: @escaping FollowingDecision, to signal: CommitSignal) -> @Sendable () -> Void {
    let id = entries.withLock { entries in
      entries.next += 1
      entries.of[signal, default: [:]][entries.next] = decision
      return entries.next
    }
    return { [self] in entries.withLock { $0.of[signal]?[id] = nil } }
  }

  func of(_ signals: Set<CommitSignal>) -> [FollowingDecision] {
    guard !signals.isEmpty else { return [] }
    return entries.withLock { entries in
      entries.of.isEmpty ? [] : signals.flatMap { entries.of[$0].map { Array($0.values) } ?? [] }
    }
  }
}
