public import Logging
import Tracing

extension Logger.MetadataProvider {
  /// Adds `trace.id` and `span.id` of the current context, so that a log line finds its trace.
  public static let traceContext = Logger.MetadataProvider {
    guard let trace = ServiceContext.current?.traceContext else { return [:] }
    return [
      "trace.id": .string(trace.traceID.description),
      "span.id": .string(trace.spanID.description),
    ]
  }
}
