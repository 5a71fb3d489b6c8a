import Metrics
import Synchronization

/// Counts what was counted and timed, by name and dimensions.
final class CountingMetrics: MetricsFactory {
  private let counts = Mutex<[String: Int]>([:])

  func count(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }

  private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
    Handler(metrics: self, name: label + dimensions.map { " \($0.0)=\($0.1)" }.joined())
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

  private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
    let metrics: CountingMetrics
    let name: String

    init(metrics: CountingMetrics, name: String) {
      self.metrics = metrics
      self.name = name
    }

    private func add() { metrics.counts.withLock { $0[name, default: 0] += 1 } }

    func increment(by amount: Int64) { add() }
    func reset() {}
    func record(_ value: Int64) { add() }
    func record(_ value: Double) { add() }
    func recordNanoseconds(_ duration: Int64) { add() }
  }
}
