import Storage
import Synchronization

/// What was taken up in one transaction.
struct Claim: Sendable {
  var begun: [BegunJob] = []
  /// When the next job is due that nothing but its time holds up.
  var next: Timestamp?
  /// More may be due: there was no place for them.
  var isCutShort = false
}

/// How many more jobs of a kind may run, and those that were taken up and do not run yet.
final class JobPlaces: Sendable {
  private struct State {
    var free: Int
    var claim = Claim()
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  var free: Int { state.withLock { $0.free } }

  /// Told on the writing thread, where jobs are taken up: the next transaction finds the places taken.
  func take(_ claim: Claim) {
    state.withLock { state in
      state.free -= claim.begun.count
      state.claim.begun += claim.begun
      state.claim.next = claim.next
      state.claim.isCutShort = claim.isCutShort
    }
  }

  /// - Returns: whether somebody may wait for the place.
  func give() -> Bool {
    state.withLock { state in
      state.free += 1
      return state.claim.isCutShort
    }
  }

  /// - Returns: what was taken up since the last time. It is cut short when there are places for more now; that is
  ///   told once.
  func collect() -> Claim {
    state.withLock { state in
      var claim = state.claim
      state.claim.begun = []
      claim.isCutShort = claim.isCutShort && state.free > 0
      if claim.isCutShort { state.claim.isCutShort = false }
      return claim
    }
  }
}
