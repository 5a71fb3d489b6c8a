import ServiceLifecycle

/// How long a loop waits before it tries its dependency again.
struct Backoff {
  private(set) var next: Duration = .milliseconds(100)

  mutating func reset() { next = .milliseconds(100) }

  /// - Returns: false when the loop was told to stop meanwhile.
  mutating func wait() async -> Bool {
    let delay = next
    next = min(next * 2, .seconds(5))
    let slept: ()? = try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
    return slept != nil && !Task.isShuttingDownGracefully
  }
}
