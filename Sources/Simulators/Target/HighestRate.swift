/// The most requests that have come within any one second.
struct HighestRate {
  private(set) var count = 0
  private var arrivals: [ContinuousClock.Instant] = []
  private var first = 0

  mutating func arrive(at now: ContinuousClock.Instant) {
    arrivals.append(now)
    while now - arrivals[first] >= .seconds(1) { first += 1 }
    count = max(count, arrivals.count - first)
    // What is past is cleared away once it is the larger half: each arrival is moved once on average.
    if first > 1024, first > arrivals.count / 2 {
      arrivals.removeFirst(first)
      first = 0
    }
  }
}
