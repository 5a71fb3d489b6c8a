import Storage

/// Reasons to look again: commits, and what else calls `wake`. They melt into one while nobody listens.
final class Wakes: Sendable {
  let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let listener: Task<Void, Never>

  init(_ store: Store, _ signal: CommitSignal) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let commits = store.commits(raising: signal)
    self.stream = stream
    self.continuation = continuation
    listener = Task { for await _ in commits { continuation.yield() } }
  }

  deinit { listener.cancel() }

  func wake() { continuation.yield() }
}
