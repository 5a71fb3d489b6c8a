/// How long answers took, in milliseconds.
public struct Latencies: Hashable, Sendable {
  public let p50: Double
  public let p99: Double
  public let p999: Double
  public let largest: Double

  /// - Returns: nil for no answers.
  init?(_ milliseconds: [Float]) {
    let sorted = milliseconds.sorted()
    guard let last = sorted.last else { return nil }
    // The nearest rank: the smallest that so many are not above.
    func at(_ share: Double) -> Double {
      Double(sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)])
    }
    p50 = at(0.5)
    p99 = at(0.99)
    p999 = at(0.999)
    largest = Double(last)
  }

  var json: JSONValue {
    ["p50": .number(p50), "p99": .number(p99), "p99.9": .number(p999), "max": .number(largest)]
  }
}

/// The latest latencies; older ones make room.
struct LatencyRecord {
  private static let most = 1_000_000

  private(set) var milliseconds: [Float] = []
  private var oldest = 0

  mutating func add(_ duration: Duration) {
    let latency = Float(duration / .milliseconds(1))
    guard milliseconds.count >= Self.most else { return milliseconds.append(latency) }
    milliseconds[oldest] = latency
    oldest = (oldest + 1) % Self.most
  }
}
