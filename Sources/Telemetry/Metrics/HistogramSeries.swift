import Metrics
import Synchronization

/// How often values fell under each bound, and their sum: an aggregating recorder or a timer.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
  private struct State {
    /// One count for each bound and a last one for what lies beyond them all; not cumulative.
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  var type: MetricType { .histogram }

  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    // One infinite value would make the sum useless for good.
    guard value.isFinite else { return }
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      state.counts[bucket] += 1
      state.sum += value
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func lines(name: MetricName, labels: Labels) -> String {
    let state = state.withLock { $0 }
    var text = ""
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], state.counts) {
      total += count
      text += "\(name)_bucket\(labels.inBraces(upTo: bound.exposed)) \(total)\n"
    }
    text += "\(name)_sum\(labels.inBraces) \(state.sum.exposed)\n"
    text += "\(name)_count\(labels.inBraces) \(total)\n"
    return text
  }
}
