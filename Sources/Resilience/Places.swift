import Metrics

/// The places of a bulkhead, and who waits for one.
struct Places {
  enum Kind {
    case ordinary
    /// For calls that turned out slow.
    case slow
    /// For what was slow the last time and finds no slow place: to see whether it still is.
    case trial
  }

  struct Compartment {
    let limit: Int
    fileprivate(set) var inUse = 0
    var line = WaitingLine<Kind>()

    init(_ limit: Int) { self.limit = limit }

    mutating func take() -> Bool {
      guard inUse < limit else { return false }
      inUse += 1
      return true
    }
  }

  /// So many subjects are known as slow; beyond them it is found out anew.
  private static let mostSubjects = 10_000

  private var ordinary: Compartment
  private var slow: Compartment
  private var trial: Compartment
  private var slowSubjects: Set<String> = []
  let inUseGauge: Gauge
  let waitingGauge: Gauge
  let slowGauge: Gauge

  /// - Parameter limits: of the ordinary and of the slow ones. For trials there are a few besides.
  init(_ limits: (ordinary: Int, slow: Int), inUseGauge: Gauge, waitingGauge: Gauge, slowGauge: Gauge) {
    ordinary = Compartment(limits.ordinary)
    slow = Compartment(limits.slow)
    trial = Compartment(max(1, limits.ordinary / 16))
    self.inUseGauge = inUseGauge
    self.waitingGauge = waitingGauge
    self.slowGauge = slowGauge
    report()
  }

  subscript(kind: Kind) -> Compartment {
    get {
      switch kind {
      case .ordinary: ordinary
      case .slow: slow
      case .trial: trial
      }
    }
    set {
      switch kind {
      case .ordinary: ordinary = newValue
      case .slow: slow = newValue
      case .trial: trial = newValue
      }
    }
  }

  /// - Returns: the place that is free: whoever wants a trial takes a slow one first, where it need not be quick.
  mutating func take(_ kind: Kind) -> Kind? {
    if kind == .trial, slow.take() { return .slow }
    return self[kind].take() ? kind : nil
  }

  /// - Returns: who has the place now. It is never free in between, so that nobody gets past those who wait.
  mutating func pass(_ kind: Kind) -> WaitingLine<Kind>.Waiter? {
    var next = self[kind].line.popFirst()
    if next == nil, kind == .slow { next = trial.line.popFirst() }
    if next == nil { self[kind].inUse -= 1 }
    return next
  }

  /// Whether the last call about it was slow.
  func isSlow(_ subject: String) -> Bool { slowSubjects.contains(subject) }

  mutating func note(_ subject: String, isSlow: Bool) {
    guard isSlow else {
      slowSubjects.remove(subject)
      return
    }
    if slowSubjects.count >= Self.mostSubjects { slowSubjects = [] }
    slowSubjects.insert(subject)
  }

  var inUse: Int { ordinary.inUse + trial.inUse }
  var waiting: Int { ordinary.line.count + slow.line.count + trial.line.count }

  func report() {
    inUseGauge.record(inUse)
    waitingGauge.record(waiting)
    slowGauge.record(slow.inUse)
  }
}
