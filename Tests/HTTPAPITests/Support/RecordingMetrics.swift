import Metrics
import Synchronization

/// Counts what was counted and timed in this process, by name and dimensions.
final class RecordingMetrics: MetricsFactory {
  /// The process has one: tests look for their own service name in it.
  static let shared: RecordingMetrics = {
    let metrics = RecordingMetrics()
    MetricsSystem.bootstrap(metrics)
    return metrics
  }()

  private let recorded = Mutex<[String: Int]>([:])
  private let measured = Mutex<
    [String: (last: Double?, listeners: [AsyncStream<Double>.Continuation])]
  >([:])

  func count(_ label: String, _ dimensions: [(String, String)]) -> Int {
    recorded.withLock { $0[Self.name(label, dimensions)] ?? 0 }
  }

  /// What a gauge shows now and from now on.
  func values(_ label: String, _ dimensions: [(String, String)]) -> AsyncStream<Double> {
    let (stream, listener) = AsyncStream.makeStream(of: Double.self)
    measured.withLock { measured in
      let name = Self.name(label, dimensions)
      if let last = measured[name]?.last { listener.yield(last) }
      measured[name, default: (nil, [])].listeners.append(listener)
    }
    return stream
  }

  private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
    label + dimensions.map { " \($0.0)=\($0.1)" }.joined()
  }

  private func add(_ name: String) {
    recorded.withLock { $0[name, default: 0] += 1 }
  }

  private func measure(_ name: String, _ value: Double) {
    add(name)
    measured.withLock { measured in
      measured[name, default: (nil, [])].last = value
      for listener in measured[name]?.listeners ?? [] { listener.yield(value) }
    }
  }

  private final class Handler: CounterHandler, RecorderHandler, TimerHandler, MeterHandler {
    let name: String
    let metrics: RecordingMetrics

    init(_ name: String, _ metrics: RecordingMetrics) {
      self.name = name
      self.metrics = metrics
    }

    func increment(by: Int64) { metrics.add(name) }
    func reset() {}
    func record(_ value: Int64) { metrics.measure(name, Double(value)) }
    func record(_ value: Double) { metrics.measure(name, value) }
    func recordNanoseconds(_ duration: Int64) { metrics.add(name) }
    func set(_ value: Int64) {}
    func set(_ value: Double) {}
    func increment(by: Double) {}
    func decrement(by: Double) {}
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    Handler(Self.name(label, dimensions), self)
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
    -> any RecorderHandler
  {
    Handler(Self.name(label, dimensions), self)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    Handler(Self.name(label, dimensions), self)
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    Handler(Self.name(label, dimensions), self)
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
}
