import Metrics
import Synchronization

/// A number that goes up and down: a gauge, a meter, a recorder that does not aggregate.
final class GaugeSeries: Series, RecorderHandler, MeterHandler {
  private let value = Mutex(0.0)

  var type: MetricType { .gauge }

  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func set(_ value: Int64) { set(Double(value)) }

  func set(_ value: Double) {
    self.value.withLock { $0 = value }
  }

  func increment(by amount: Double) {
    value.withLock { $0 += amount }
  }

  func decrement(by amount: Double) {
    value.withLock { $0 -= amount }
  }

  func lines(name: MetricName, labels: Labels) -> String {
    "\(name)\(labels.inBraces) \(value.withLock { $0 }.exposed)\n"
  }
}

/// A number that is read when it is asked for.
final class ReadingSeries: Series {
  let type: MetricType
  private let read: @Sendable () -> Double

  init(type: MetricType, read: @escaping @Sendable () -> Double) {
    self.type = type
    self.read = read
  }

  func lines(name: MetricName, labels: Labels) -> String {
    "\(name)\(labels.inBraces) \(read().exposed)\n"
  }
}
