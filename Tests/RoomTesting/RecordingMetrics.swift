public import Metrics
import Synchronization

/// Keeps what was counted and measured in this process, by label and dimensions.
public final class RecordingMetrics: MetricsFactory {
  /// The process has one, as it has one metrics system: tests look for their own names in it.
  public static let shared: RecordingMetrics = {
    let metrics = RecordingMetrics()
    MetricsSystem.bootstrap(metrics)
    return metrics
  }()

  private struct Instrument {
    var recordings = 0
    /// Of a counter the sum, of a gauge the last value, of a timer the seconds altogether.
    var value: Double?
    var listeners: [AsyncStream<Double>.Continuation] = []
  }

  private let instruments = Mutex<[String: Instrument]>([:])

  /// How often something was recorded.
  public func count(_ label: String, _ dimensions: [(String, String)]) -> Int {
    instruments.withLock { $0[Self.name(label, dimensions)]?.recordings ?? 0 }
  }

  /// - Parameter dimensions: each as `name=value`, in the order they are recorded with.
  /// - Returns: the sum of a counter, the last value of a gauge, the seconds of a timer altogether.
  public subscript(label: String, dimensions: String...) -> Double? {
    instruments.withLock { $0[([label] + dimensions).joined(separator: " ")]?.value }
  }

  /// What a gauge shows now and from now on.
  public func values(_ label: String, _ dimensions: [(String, String)]) -> AsyncStream<Double> {
    let (stream, listener) = AsyncStream.makeStream(of: Double.self)
    instruments.withLock { instruments in
      let name = Self.name(label, dimensions)
      if let value = instruments[name]?.value { listener.yield(value) }
      instruments[name, default: Instrument()].listeners.append(listener)
    }
    return stream
  }

  private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
    label + dimensions.map { " \($0.0)=\($0.1)" }.joined()
  }

  private final class Handler: CounterHandler, RecorderHandler, TimerHandler, MeterHandler {
    let name: String
    let metrics: RecordingMetrics

    init(_ name: String, _ metrics: RecordingMetrics) {
      self.name = name
      self.metrics = metrics
    }

    func increment(by amount: Int64) { keep { ($0 ?? 0) + Double(amount) } }
    func increment(by amount: Double) { keep { ($0 ?? 0) + amount } }
    func decrement(by amount: Double) { keep { ($0 ?? 0) - amount } }
    func reset() {}
    func record(_ value: Int64) { keep { _ in Double(value) } }
    func record(_ value: Double) { keep { _ in value } }
    func set(_ value: Int64) { keep { _ in Double(value) } }
    func set(_ value: Double) { keep { _ in value } }
    func recordNanoseconds(_ duration: Int64) { keep { ($0 ?? 0) + Double(duration) / 1e9 } }

    private func keep(_ next: (Double?) -> Double) {
      metrics.instruments.withLock { instruments in
        var instrument = instruments[name] ?? Instrument()
        let value = next(instrument.value)
        instrument.recordings += 1
        instrument.value = value
        for listener in instrument.listeners { listener.yield(value) }
        instruments[name] = instrument
      }
    }
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    Handler(Self.name(label, dimensions), self)
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
    -> any RecorderHandler
  {
    Handler(Self.name(label, dimensions), self)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    Handler(Self.name(label, dimensions), self)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    Handler(Self.name(label, dimensions), self)
  }

  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
}
