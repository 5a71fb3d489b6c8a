import Metrics

/// The places of a bulkhead, and who waits for one.
struct Places {
  enum Kind {
    case ordinary, slow
  }

  struct Compartment {
    private(set) var inUse = 0
    var line = WaitingLine<Void>()

    mutating func take(_ limit: Int) -> Bool {
      guard inUse < limit else { return false }
      inUse += 1
      return true
    }

    /// - Returns: who has the place now. It is never free in between, so that nobody gets past those who wait.
    mutating func pass() -> WaitingLine<Void>.Waiter? {
      let next = line.popFirst()
      if next == nil { inUse -= 1 }
      return next
    }
  }

  /// So many subjects are known as slow; beyond them it is found out anew.
  private static let mostSubjects = 10_000

  private var ordinary = Compartment()
  private var slow = Compartment()
  private var slowSubjects: Set<String> = []
  let inUseGauge: Gauge
  let waitingGauge: Gauge
  let slowGauge: Gauge

  init(inUseGauge: Gauge, waitingGauge: Gauge, slowGauge: Gauge) {
    self.inUseGauge = inUseGauge
    self.waitingGauge = waitingGauge
    self.slowGauge = slowGauge
    report()
  }

  subscript(kind: Kind) -> Compartment {
    get { kind == .ordinary ? ordinary : slow }
    set { if kind == .ordinary { ordinary = newValue } else { slow = newValue } }
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

  var waiting: Int { ordinary.line.count + slow.line.count }

  func report() {
    inUseGauge.record(ordinary.inUse)
    waitingGauge.record(waiting)
    slowGauge.record(slow.inUse)
  }
}
