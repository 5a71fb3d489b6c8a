public import Logging
import Metrics
import Synchronization
import Tracing

/// The back ends behind swift-log, swift-metrics and swift-distributed-tracing in this process.
public struct Telemetry: Sendable {
  /// Renders everything measured so far.
  public let metrics: PrometheusMetrics
  /// The latest finished spans.
  public let spans: SpanBuffer

  /// The three systems are the process's own and refuse a second back end, so this is too.
  private static let installed = Mutex<Telemetry?>(nil)

  /// Installs JSON logs, Prometheus metrics and W3C traces for the whole process.
  ///
  /// The first call decides; any later one gives back what the first installed.
  /// - Parameters:
  ///   - logLevel: what is less severe than this is not logged.
  ///   - output: where log lines go.
  ///   - metadataProviders: what else each log line carries from the current context; a later provider
  ///     wins over an earlier one.
  ///   - metrics: bring your own for custom buckets.
  ///   - spanCapacity: how many finished spans are kept.
  ///   - rootSampling: the share of new traces that is recorded, 0 to 1.
  @discardableResult
  public static func bootstrap(
    logLevel: Logger.Level = .info, output: LogOutput = .standardOutput,
    metadataProviders: [Logger.MetadataProvider] = [],
    metrics: PrometheusMetrics = PrometheusMetrics(), spanCapacity: Int = 10_000,
    rootSampling: Double = 1
  ) -> Telemetry {
    installed.withLock { installed in
      if let installed { return installed }
      let spans = SpanBuffer(capacity: spanCapacity)
      LoggingSystem.bootstrap(
        { label, provider in
          JSONLogHandler(label: label, level: logLevel, output: output, metadataProvider: provider)
        }, metadataProvider: .multiplex([.traceContext] + metadataProviders))
      MetricsSystem.bootstrap(metrics)
      InstrumentationSystem.bootstrap(W3CTracer(rootSampling: rootSampling, buffer: spans))
      let telemetry = Telemetry(metrics: metrics, spans: spans)
      installed = telemetry
      return telemetry
    }
  }
}
