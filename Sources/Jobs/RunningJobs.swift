import Synchronization

/// The runs under way in this process, so that they can be asked to stop.
final class RunningJobs: Sendable {
  private struct State {
    var runs: [String: (run: RunUnderWay, deadline: Duration)] = [:]
    /// Somebody asked for a run that was not known here: it is over, or about to begin.
    var missed = false
  }

  private let state = Mutex(State())

  /// - Returns: whether to look again for runs that are to be cancelled: this may be one of them.
  func add(_ run: RunUnderWay, _ deadline: Duration) -> Bool {
    state.withLock { state in
      state.runs[run.id] = (run, deadline)
      defer { state.missed = false }
      return state.missed
    }
  }

  func remove(_ run: RunUnderWay) {
    state.withLock { state in
      if state.runs[run.id]?.run === run { state.runs[run.id] = nil }
    }
  }

  func cancel(_ ids: [String]) {
    let asked = state.withLock { state in
      let known = ids.compactMap { state.runs[$0] }
      if known.count < ids.count { state.missed = true }
      return known
    }
    for (run, deadline) in asked { run.ask(.cancel, within: deadline) }
  }
}
