public import Metrics

/// Collects what swift-metrics records and shows it in Prometheus' text format, version 0.0.4.
///
/// A metric's label becomes its name with dots and dashes as underscores; counters end in `_total`,
/// timers in `_seconds`. Asking twice for the same label and dimensions gives the same handler.
/// An update takes the metric's own lock, never one that metrics share.
public final class PrometheusMetrics: MetricsFactory {
  /// The media type of what ``render()`` returns.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private let buckets: Buckets
  private let help: [String: String]
  private let counters = SeriesTable<CounterSeries>()
  private let gauges = SeriesTable<GaugeSeries>()
  private let recorders = SeriesTable<HistogramSeries>()
  private let timers = SeriesTable<HistogramSeries>()
  private let readings = SeriesTable<ReadingSeries>()

  /// - Parameters:
  ///   - buckets: upper bounds of a recorder's (in its own unit) or a timer's (in seconds) buckets, by
  ///     label, where the usual ones do not fit.
  ///   - help: the HELP sentence by label; without one it is the label itself.
  public init(buckets: [String: [Double]] = [:], help: [String: String] = [:]) {
    self.buckets = Buckets(custom: buckets)
    self.help = help
  }

  /// A gauge that is read whenever the metrics are rendered; registered again, the new reading holds.
  public func collect(
    _ name: String, help: String, labels: [(String, String)] = [],
    _ read: @escaping @Sendable () -> Double
  ) {
    readings.replace(name, labels, named: MetricName(name), help: help) {
      ReadingSeries(type: .gauge, read: read)
    }
  }

  /// All metrics, families by name and series by labels, so that two scrapes compare line by line.
  public func render() -> String {
    var exposition = Exposition()
    exposition.add(ProcessMetrics.families())
    exposition.add(counters.families)
    exposition.add(gauges.families)
    exposition.add(readings.families)
    exposition.add(recorders.families)
    exposition.add(timers.families)
    return exposition.text
  }
}

extension PrometheusMetrics {
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    guard aggregate else { return gauge(label, dimensions) }
    return recorders.series(label, dimensions, named: MetricName(label), help: help(label)) {
      HistogramSeries(bounds: buckets.recorder(label))
    }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    timers.series(
      label, dimensions, named: MetricName(label, suffix: "_seconds"), help: help(label)
    ) {
      HistogramSeries(bounds: buckets.timer(label))
    }
  }

  public func destroyCounter(_ handler: any CounterHandler) { counters.remove(handler) }

  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
    counters.remove(handler)
  }

  public func destroyMeter(_ handler: any MeterHandler) { gauges.remove(handler) }

  public func destroyRecorder(_ handler: any RecorderHandler) {
    gauges.remove(handler)
    recorders.remove(handler)
  }

  public func destroyTimer(_ handler: any TimerHandler) { timers.remove(handler) }

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
    counters.series(
      label, dimensions, named: MetricName(label, suffix: "_total"), help: help(label)
    ) { CounterSeries() }
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
    gauges.series(label, dimensions, named: MetricName(label), help: help(label)) { GaugeSeries() }
  }

  private func help(_ label: String) -> String { help[label] ?? label }
}
