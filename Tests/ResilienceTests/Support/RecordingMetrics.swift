import Metrics
import Synchronization

/// Keeps what was counted and measured in this process, by label and name.
final class RecordingMetrics: MetricsFactory {
  /// The process has one: tests look for their own names in it.
  static let shared: RecordingMetrics = {
    let metrics = RecordingMetrics()
    MetricsSystem.bootstrap(metrics)
    return metrics
  }()

  private let values = Mutex<[String: Double]>([:])

  /// - Returns: the sum of a counter, the last value of a gauge, the seconds of a timer altogether.
  subscript(label: String, dimensions: String...) -> Double? {
    values.withLock { $0[([label] + dimensions).joined(separator: " ")] }
  }

  private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
    let name: String
    let metrics: RecordingMetrics

    init(_ name: String, _ metrics: RecordingMetrics) {
      self.name = name
      self.metrics = metrics
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func reset() {}
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { metrics.values.withLock { $0[name] = value } }
    func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }

    private func add(_ amount: Double) { metrics.values.withLock { $0[name, default: 0] += amount } }
  }

  private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
    Handler(([label] + dimensions.map { "\($0.0)=\($0.1)" }).joined(separator: " "), self)
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    handler(label, dimensions)
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    handler(label, dimensions)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    handler(label, dimensions)
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}
