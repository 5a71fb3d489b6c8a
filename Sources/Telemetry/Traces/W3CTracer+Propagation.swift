public import Tracing

extension W3CTracer {
  /// Continues the trace named by the carrier's `traceparent`; without a valid one the context stays.
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard let traceparent = extractor.extract(key: "traceparent", from: carrier) else { return }
    let tracestate = extractor.extract(key: "tracestate", from: carrier)
    guard let trace = TraceContext(traceparent: traceparent, tracestate: tracestate) else { return }
    context.traceContext = trace
  }

  /// Writes `traceparent`, and `tracestate` when one came along, into the carrier.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let trace = context.traceContext else { return }
    injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
    if let traceState = trace.traceState {
      injector.inject(traceState, forKey: "tracestate", into: &carrier)
    }
  }
}
