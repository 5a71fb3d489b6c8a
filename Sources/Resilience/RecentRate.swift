/// How much went out a second, over the last five.
struct RecentRate {
  private static let slots = 10
  private static let slot = Duration.milliseconds(500)

  private let start: Duration
  private var counts = [Int](repeating: 0, count: slots)
  private var latest: Int

  init(now: Duration) {
    start = now
    latest = 0
  }

  mutating func add(_ count: Int, _ now: Duration) {
    move(to: now)
    counts[latest % Self.slots] += count
  }

  mutating func perSecond(_ now: Duration) -> Double {
    move(to: now)
    // A second at least: the first request of all is not thousands a second.
    let seen = min(max((now - start).inSeconds, 1), Double(Self.slots) * Self.slot.inSeconds)
    return max(0, Double(counts.reduce(0, +)) / seen)
  }

  private mutating func move(to now: Duration) {
    let current = Int((now - start) / Self.slot)
    guard current > latest else { return }
    for slot in max(latest + 1, current - Self.slots + 1)...current { counts[slot % Self.slots] = 0 }
    latest = current
  }
}
