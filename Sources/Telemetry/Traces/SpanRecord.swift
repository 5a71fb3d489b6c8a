public import Tracing

/// Everything that is known of a span once it has ended.
public struct SpanRecord: Sendable {
  public internal(set) var name: String
  public let kind: SpanKind
  /// The span's own place in its trace.
  public let context: TraceContext
  /// The span, here or in another process, under which this one ran; nil for the first of a trace.
  public let parentSpanID: SpanID?
  /// Nanoseconds since 1970.
  public let startNanoseconds: UInt64
  /// Nanoseconds since 1970.
  public internal(set) var endNanoseconds: UInt64
  /// The line of code that began it, `Module/File.swift:12`.
  public let source: String
  public internal(set) var attributes: SpanAttributes = [:]
  public internal(set) var events: [SpanEvent] = []
  public internal(set) var links: [SpanLink] = []
  /// Nil when neither success nor failure was stated.
  public internal(set) var status: SpanStatus?
  /// Events and links beyond the limit of each.
  public internal(set) var droppedCount = 0

  /// A span that runs for days must not grow for days; 128 is OpenTelemetry's default limit.
  static let limit = 128
  static let errorEventName = "exception"

  init(
    name: String, kind: SpanKind, context: TraceContext, parentSpanID: SpanID?,
    startNanoseconds: UInt64, source: String
  ) {
    self.name = name
    self.kind = kind
    self.context = context
    self.parentSpanID = parentSpanID
    self.startNanoseconds = startNanoseconds
    self.endNanoseconds = startNanoseconds
    self.source = source
  }

  public var traceID: TraceID { context.traceID }
  public var spanID: SpanID { context.spanID }

  /// How long it took; zero when the wall clock was set back meanwhile.
  public var duration: Duration {
    .nanoseconds(endNanoseconds > startNanoseconds ? endNanoseconds - startNanoseconds : 0)
  }

  /// The errors that were recorded, with `exception.type` and `exception.message`.
  public var errors: [SpanEvent] { events.filter { $0.name == Self.errorEventName } }

  mutating func add(_ event: SpanEvent) {
    if events.count < Self.limit { events.append(event) } else { droppedCount += 1 }
  }

  mutating func add(_ link: SpanLink) {
    if links.count < Self.limit { links.append(link) } else { droppedCount += 1 }
  }
}
