import Metrics
import Synchronization

/// A number that only grows. Whole steps and fractions are counted apart, so that a large count does
/// not swallow a small fraction and the usual whole step is one atomic addition.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
  private let whole = Atomic<UInt64>(0)
  private let fractional = Mutex(0.0)

  var type: MetricType { .counter }

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
  }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    fractional.withLock { $0 += amount }
  }

  func reset() {
    whole.store(0, ordering: .relaxed)
    fractional.withLock { $0 = 0 }
  }

  func lines(name: MetricName, labels: Labels) -> String {
    let steps = whole.load(ordering: .relaxed)
    let fraction = fractional.withLock { $0 }
    let value = fraction == 0 ? steps.description : (Double(steps) + fraction).exposed
    return "\(name)\(labels.inBraces) \(value)\n"
  }
}
