import Synchronization

/// What the source has sent, and what it holds to be lost.
public final class SourceState: Sendable {
  /// Counts since the start, or since the last reset.
  public struct Counts: Hashable, Sendable {
    public var sent = 0
    /// Answered with a 2xx in time.
    public var accepted = 0
    /// Why others were not, and how many.
    public var lost: [String: Int] = [:]

    public var allLost: Int { lost.values.reduce(0, +) }
    public var pending: Int { sent - accepted - allLost }
  }

  /// In milliseconds, of those that were accepted.
  public struct Latencies: Hashable, Sendable {
    public let p50: Double
    public let p99: Double
    public let p999: Double
    public let largest: Double
  }

  /// One stretch of sending: so many events, or, without a number, until it is told otherwise.
  struct Run: Sendable {
    let prefix: String
    let rate: Double
    let count: Int?
  }

  private struct Contents {
    var counts = Counts()
    var latencies: [Float] = []
    var rate = 0.0
  }

  /// The latest are kept.
  private static let mostLatencies = 1_000_000

  private let contents = Mutex(Contents())

  public var counts: Counts { contents.withLock { $0.counts } }

  /// Events a second, as they were asked for at last; 0 while nothing runs.
  public internal(set) var rate: Double {
    get { contents.withLock { $0.rate } }
    set { contents.withLock { $0.rate = newValue } }
  }

  public var latencies: Latencies? {
    let sorted = contents.withLock { $0.latencies }.sorted()
    guard let last = sorted.last else { return nil }
    func at(_ share: Double) -> Double {
      Double(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)])
    }
    return Latencies(p50: at(0.5), p99: at(0.99), p999: at(0.999), largest: Double(last))
  }

  func sent() { contents.withLock { $0.counts.sent += 1 } }

  func accepted(after milliseconds: Double) {
    contents.withLock { contents in
      contents.counts.accepted += 1
      if contents.latencies.count < Self.mostLatencies {
        contents.latencies.append(Float(milliseconds))
      } else {
        contents.latencies[contents.counts.accepted % Self.mostLatencies] = Float(milliseconds)
      }
    }
  }

  func lost(_ reason: String) { contents.withLock { $0.counts.lost[reason, default: 0] += 1 } }

  /// Forgets what was counted.
  func reset() {
    contents.withLock { contents in
      contents.counts = Counts()
      contents.latencies = []
    }
  }
}
