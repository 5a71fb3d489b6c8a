public import Storage
public import Testing

extension Store {
  /// Waits, from commit to commit of any kind, until `condition` holds; records an issue when it does not.
  public func until(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Sendable () async throws -> Bool
  ) async throws {
    let signals = [
      "seen", "outbox", "outbox.published", "parked", "redrives", "jobs", "jobs.cancellations",
      "jobs.finished",
    ]
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let listeners = signals.map { signal in
      let commits = commits(raising: CommitSignal(signal))
      return Task { for await _ in commits { wake.yield() } }
    }
    let deadline = Task {
      try await Task.sleep(for: .seconds(60))
      wake.finish()
    }
    defer {
      deadline.cancel()
      for listener in listeners { listener.cancel() }
    }
    wake.yield()
    for await _ in wakes where try await condition() { return }
    Issue.record("the condition did not come true within 60 s", sourceLocation: sourceLocation)
  }
}
