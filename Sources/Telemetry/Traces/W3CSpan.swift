import Synchronization
public import Tracing

/// A span that is going on. When it ends it becomes a ``SpanRecord``; what comes later is ignored.
public final class W3CSpan: Tracing.Span {
  /// The context for whatever happens inside this span.
  public let context: ServiceContext
  private let sink: SpanSink?
  private let state: Mutex<State>

  private struct State {
    var record: SpanRecord
    var isRecording: Bool
  }

  /// - Parameter sink: nil for a span of a trace that is not recorded.
  init(context: ServiceContext, record: SpanRecord, sink: SpanSink?) {
    self.context = context
    self.sink = sink
    state = Mutex(State(record: record, isRecording: sink != nil))
  }

  public var isRecording: Bool { state.withLock { $0.isRecording } }

  public var operationName: String {
    get { state.withLock { $0.record.name } }
    set { update { $0.name = newValue } }
  }

  public var attributes: SpanAttributes {
    get { state.withLock { $0.record.attributes } }
    set { update { $0.attributes = newValue } }
  }

  /// The last status holds. One without a message does not erase the message of the same outcome:
  /// `withSpan` states a bare failure after whatever the code that threw has said.
  public func setStatus(_ status: SpanStatus) {
    update {
      if status.message == nil, status.code == $0.status?.code { return }
      $0.status = status
    }
  }

  public func addEvent(_ event: SpanEvent) {
    update { $0.add(event) }
  }

  public func addLink(_ link: SpanLink) {
    update { $0.add(link) }
  }

  /// Adds an `exception` event, as OpenTelemetry does; an error that was dealt with fails no span.
  public func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    var described = attributes
    described["exception.type"] = String(reflecting: type(of: error))
    described["exception.message"] = String(describing: error)
    let event = SpanEvent(name: SpanRecord.errorEventName, at: instant(), attributes: described)
    update { $0.add(event) }
  }

  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    let end = instant().nanosecondsSinceEpoch
    let finished: SpanRecord? = state.withLock { state in
      guard state.isRecording else { return nil }
      state.isRecording = false
      state.record.endNanoseconds = end
      return state.record
    }
    if let finished { sink?(finished) }
  }

  private func update(_ change: (inout SpanRecord) -> Void) {
    state.withLock { state in
      if state.isRecording { change(&state.record) }
    }
  }
}
