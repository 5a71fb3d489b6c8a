import Synchronization

/// A kind of row whose readers want to be woken when a commit brought some: the outbox, the jobs.
public struct CommitSignal: Hashable, Sendable {
  public let name: String

  public init(_ name: String) {
    self.name = name
  }
}

/// Wakes who listens, after the commit and in process: no polling, no latency.
final class CommitSignals: Sendable {
  private struct Listeners {
    var next = 0
    var of: [CommitSignal: [Int: AsyncStream<Void>.Continuation]] = [:]
  }

  private let listeners = Mutex(Listeners())

  /// Signals that arrive while the listener is busy melt into one; none is lost.
  func stream(_ signal: CommitSignal) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = listeners.withLock { listeners in
      listeners.next += 1
      listeners.of[signal, default: [:]][listeners.next] = continuation
      return listeners.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.listeners.withLock { listeners in
        listeners.of[signal]?[id] = nil
        // There may be a signal for each entity.
        if listeners.of[signal]?.isEmpty == true { listeners.of[signal] = nil }
      }
    }
    return stream
  }

  func raise(_ signals: Set<CommitSignal>) {
    guard !signals.isEmpty else { return }
    let woken = listeners.withLock { listeners in
      signals.flatMap { listeners.of[$0].map { Array($0.values) } ?? [] }
    }
    for continuation in woken { continuation.yield() }
  }
}
