import Synchronization

/// What a stream waits for: a commit that may have brought something, the time for a sign of life, its end.
final class Turns: Sendable {
  private struct State {
    var beatIsDue = false
    var areOver = false
  }

  /// Wakes when it is time to look; wakes melt into one while the stream is busy.
  let stream: AsyncStream<Void>
  private let turn: AsyncStream<Void>.Continuation
  private let state: Mutex<State>
  private let tasks: Mutex<[Task<Void, any Error>]>

  init(_ wakes: AsyncStream<Void>, heartbeat: Duration, lifetime: Duration?) {
    (stream, turn) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    state = Mutex(State())
    tasks = Mutex([])
    turn.yield()
    var tasks = [
      Task { [turn] in for await _ in wakes { turn.yield() } },
      Task { [self] in
        while true {
          try await Task.sleep(for: heartbeat)
          // Beside the turns and not one of them, so that a wake cannot take its place.
          state.withLock { $0.beatIsDue = true }
          turn.yield()
        }
      },
    ]
    if let lifetime {
      tasks.append(
        Task { [self] in
          try await Task.sleep(for: min(max(lifetime, .zero), Self.longest))
          end()
        })
    }
    self.tasks.withLock { $0 = tasks }
  }

  /// Whether a sign of life is due; it is asked for once.
  func takeBeat() -> Bool {
    state.withLock { state in
      defer { state.beatIsDue = false }
      return state.beatIsDue
    }
  }

  var areOver: Bool { state.withLock { $0.areOver } }

  func end() {
    state.withLock { $0.areOver = true }
    turn.finish()
    for task in tasks.withLock({ $0 }) { task.cancel() }
  }

  /// A year. What is much longer does not fit the clock.
  private static let longest = Duration.seconds(365 * 86_400)
}
