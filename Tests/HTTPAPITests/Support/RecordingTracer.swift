import Synchronization
import Tracing

/// Remembers the spans of this process, and takes `traceparent` from whatever carries it.
final class RecordingTracer: Tracer {
  /// The process has one: tests look for their own trace in it.
  static let shared: RecordingTracer = {
    let tracer = RecordingTracer()
    InstrumentationSystem.bootstrap(tracer)
    return tracer
  }()

  private let recorded = Mutex<[RecordedSpan]>([])

  func spans(ofTrace parent: String) -> [RecordedSpan] {
    recorded.withLock { $0.filter { $0.context.testTraceParent == parent } }
  }

  func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> RecordedSpan {
    let span = RecordedSpan(operationName, context: context(), kind: kind)
    recorded.withLock { $0.append(span) }
    return span
  }

  func forceFlush() {}

  func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {}

  func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    context.testTraceParent = extractor.extract(key: "traceparent", from: carrier)
  }
}

final class RecordedSpan: Span {
  private struct State {
    var operationName: String
    var attributes: SpanAttributes = [:]
    var status: SpanStatus?
    var ended = false
  }

  let context: ServiceContext
  let kind: SpanKind
  private let state: Mutex<State>

  init(_ operationName: String, context: ServiceContext, kind: SpanKind) {
    self.context = context
    self.kind = kind
    state = Mutex(State(operationName: operationName))
  }

  var operationName: String {
    get { state.withLock { $0.operationName } }
    set { state.withLock { $0.operationName = newValue } }
  }

  var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }

  var isRecording: Bool { true }
  var status: SpanStatus? { state.withLock { $0.status } }
  var hasEnded: Bool { state.withLock { $0.ended } }

  func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }
  func addEvent(_ event: SpanEvent) {}
  func addLink(_ link: SpanLink) {}
  func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {}
  func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    state.withLock { $0.ended = true }
  }
}

private enum TraceParentKey: ServiceContextKey {
  typealias Value = String
}

extension ServiceContext {
  var testTraceParent: String? {
    get { self[TraceParentKey.self] }
    set { self[TraceParentKey.self] = newValue }
  }
}
