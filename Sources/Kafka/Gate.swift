/// Opens once. Tasks wait without blocking, threads of our own by blocking.
final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let monitor = Monitor(State())

  func open() {
    let waiting = monitor.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    monitor.signal()
    for continuation in waiting { continuation.resume() }
  }

  func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = monitor.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// False when the time was over first.
  func block(until deadline: Moment) -> Bool {
    monitor.wait(until: deadline) { $0.isOpen }
  }
}
