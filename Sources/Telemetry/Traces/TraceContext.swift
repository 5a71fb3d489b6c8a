public import Tracing

/// The place in a trace that travels with a request or an event, as W3C Trace Context defines it.
public struct TraceContext: Hashable, Sendable {
  public let traceID: TraceID
  /// The span that is going on; the parent of any span started below it.
  public let spanID: SpanID
  /// Whether spans of this trace are recorded.
  public let sampled: Bool
  /// What other vendors asked to have carried along (`tracestate`), untouched.
  public let traceState: String?

  public init(traceID: TraceID, spanID: SpanID, sampled: Bool, traceState: String? = nil) {
    self.traceID = traceID
    self.spanID = spanID
    self.sampled = sampled
    self.traceState = traceState
  }
}

extension ServiceContext {
  /// Where in a trace this context stands; nil outside any trace.
  public var traceContext: TraceContext? {
    get { self[TraceContextKey.self] }
    set { self[TraceContextKey.self] = newValue }
  }

  /// The `traceparent` header of this context; nil outside any trace.
  public var traceparent: String? { traceContext?.traceparent }
}

private enum TraceContextKey: ServiceContextKey {
  typealias Value = TraceContext
  static var nameOverride: String? { "trace-context" }
}
