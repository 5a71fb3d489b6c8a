import Metrics

/// The places of a bulkhead, and who waits for one.
struct Places {
  private(set) var inUse = 0
  private(set) var slow = 0
  var line = WaitingLine<Void>()
  let inUseGauge: Gauge
  let waitingGauge: Gauge
  let slowGauge: Gauge

  init(inUseGauge: Gauge, waitingGauge: Gauge, slowGauge: Gauge) {
    self.inUseGauge = inUseGauge
    self.waitingGauge = waitingGauge
    self.slowGauge = slowGauge
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

  mutating func takeSlow(_ limit: Int) -> Bool {
    guard slow < limit else { return false }
    slow += 1
    report()
    return true
  }

  mutating func giveSlow() {
    slow -= 1
    report()
  }

  func report() {
    slowGauge.record(slow)
    inUseGauge.record(inUse)
    waitingGauge.record(line.count)
  }
}
