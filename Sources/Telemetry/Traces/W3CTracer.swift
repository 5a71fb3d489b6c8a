public import Tracing

/// Takes a finished span; called once for each, from whichever thread ended it.
public typealias SpanSink = @Sendable (SpanRecord) -> Void

/// Starts spans and carries their trace over HTTP and Kafka headers as W3C Trace Context.
public struct W3CTracer: Tracer {
  private let sink: SpanSink
  private let rootSampling: Double
  private let ids = IDGenerator()

  /// A tracer that hands finished spans to the sink.
  ///
  /// - Parameter rootSampling: the share of new traces that is recorded, 0 to 1. Inside a trace the
  ///   decision of whoever began it holds; an unrecorded span still passes the trace on.
  public init(rootSampling: Double = 1, sink: @escaping SpanSink) {
    self.rootSampling = rootSampling
    self.sink = sink
  }

  /// A tracer that keeps the latest finished spans in memory.
  public init(rootSampling: Double = 1, buffer: SpanBuffer) {
    self.init(rootSampling: rootSampling) { buffer.append($0) }
  }

  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> W3CSpan {
    var context = context()
    let parent = context.traceContext
    let trace = child(of: parent)
    context.traceContext = trace
    let record = SpanRecord(
      name: operationName, kind: kind, context: trace, parentSpanID: parent?.spanID,
      startNanoseconds: instant().nanosecondsSinceEpoch, source: "\(fileID):\(line)")
    return W3CSpan(context: context, record: record, sink: trace.sampled ? sink : nil)
  }

  /// Nothing waits here: a span reaches the sink the moment it ends.
  public func forceFlush() {}

  private func child(of parent: TraceContext?) -> TraceContext {
    if let parent {
      return TraceContext(
        traceID: parent.traceID, spanID: ids.spanID(), sampled: parent.sampled,
        traceState: parent.traceState)
    }
    let traceID = ids.traceID()
    // The upper 53 bits are what a Double holds exactly: an even number from 0 to just below 1.
    let draw = Double(traceID.low >> 11) / Double(1 << 53)
    return TraceContext(traceID: traceID, spanID: ids.spanID(), sampled: draw < rootSampling)
  }
}
