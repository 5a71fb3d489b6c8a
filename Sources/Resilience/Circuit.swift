/// Whether calls go through: the rules of a circuit breaker, without a clock of their own.
struct Circuit {
  enum Phase: Equatable {
    case closed(failures: Int)
    case open(until: Duration)
    case halfOpen(underWay: Int, succeeded: Int)
  }

  enum Outcome {
    case succeeded, abandoned
    case failed(about: String?)
  }

  let failures: Int
  let probes: Int
  let openFor: Duration
  let longestOpen: Duration
  private(set) var phase = Phase.closed(failures: 0)
  /// Changes with the phase: the outcome of a call that was let through in an earlier one comes too late.
  private(set) var period = 0
  /// How often it opened since it was last closed.
  private var openings = 0
  /// What failed since something last succeeded. No more than failures were counted, so it stays small.
  private var failing: Set<String> = []

  init(failures: Int, probes: Int, openFor: Duration, longestOpen: Duration) {
    self.failures = failures
    self.probes = probes
    self.openFor = openFor
    self.longestOpen = longestOpen
  }

  /// - Returns: how long to wait when the call is not let through.
  mutating func admit(_ now: Duration) -> Duration? {
    if case .open(let end) = phase, now >= end { enter(.halfOpen(underWay: 0, succeeded: 0)) }
    switch phase {
    case .closed: return nil
    case .open(let end): return end - now
    case .halfOpen(let underWay, let succeeded):
      // Those that have succeeded count as well, so that there are no more probes than are needed.
      guard underWay + succeeded < probes else { return min(openFor, .seconds(1)) }
      phase = .halfOpen(underWay: underWay + 1, succeeded: succeeded)
      return nil
    }
  }

  /// - Parameter random: from 0 up to 1.
  /// - Returns: whether the circuit opened by it.
  mutating func end(_ outcome: Outcome, from period: Int, _ now: Duration, random: () -> Double) -> Bool {
    guard period == self.period else { return false }
    var outcome = outcome
    switch outcome {
    case .failed(about: let subject?) where !failing.insert(subject).inserted:
      // Known already: says nothing new of the dependency.
      outcome = .abandoned
    case .succeeded: failing = []
    case .failed, .abandoned: break
    }
    switch (phase, outcome) {
    case (.closed(let known), .failed) where known + 1 < failures: phase = .closed(failures: known + 1)
    case (.closed, .succeeded): phase = .closed(failures: 0)
    case (.closed, .failed), (.halfOpen, .failed):
      enter(.open(until: now + nextOpenTime(random())))
      return true
    case (.halfOpen(_, let succeeded), .succeeded) where succeeded + 1 == probes:
      openings = 0
      enter(.closed(failures: 0))
    case (.halfOpen(let underWay, let succeeded), .succeeded):
      phase = .halfOpen(underWay: underWay - 1, succeeded: succeeded + 1)
    case (.halfOpen(let underWay, let succeeded), .abandoned):
      phase = .halfOpen(underWay: underWay - 1, succeeded: succeeded)
    case (.closed, .abandoned), (.open, _): break
    }
    return false
  }

  private mutating func enter(_ phase: Phase) {
    self.phase = phase
    period += 1
  }

  /// Doubles from one opening to the next. Up to a quarter of it is left off at random, so that instances that
  /// opened together do not probe together.
  private mutating func nextOpenTime(_ random: Double) -> Duration {
    let doubled = min(openFor * (1 << min(openings, 30)), longestOpen)
    openings += 1
    return doubled * (1 - random / 4)
  }
}
