import Metrics

/// The places of a bulkhead, and who waits for one.
struct Places {
  private(set) var inUse = 0
  var line = WaitingLine<Void>()
  let inUseGauge: Gauge
  let waitingGauge: Gauge

  init(inUseGauge: Gauge, waitingGauge: Gauge) {
    self.inUseGauge = inUseGauge
    self.waitingGauge = waitingGauge
    report()
  }

  mutating func take(_ limit: Int) -> Bool {
    guard inUse < limit else { return false }
    inUse += 1
    report()
    return true
  }

  /// - Returns: who has the place now. It is never free in between, so that nobody gets past those who wait.
  mutating func pass() -> WaitingLine<Void>.Waiter? {
    let next = line.popFirst()
    if next == nil { inUse -= 1 }
    report()
    return next
  }

  func report() {
    inUseGauge.record(inUse)
    waitingGauge.record(line.count)
  }
}
