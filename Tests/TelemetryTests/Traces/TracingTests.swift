import Synchronization
import Testing
import Tracing

@testable import Telemetry

@Suite("Tracing")
struct TracingTests {
  let buffer = SpanBuffer()
  var tracer: W3CTracer { W3CTracer(buffer: buffer) }

  @Test func `keeps nested spans in one trace, each under its parent`() async throws {
    let tracer = tracer
    await tracer.withSpan("request", ofKind: .server) { _ in
      await tracer.withSpan("decide") { _ in
        await Task.yield()
        tracer.withSpan("publish", ofKind: .producer) { _ in }
      }
    }
    tracer.withSpan("another") { _ in }
    let spans = Dictionary(uniqueKeysWithValues: buffer.spans.map { ($0.name, $0) })
    let (request, decide) = (try #require(spans["request"]), try #require(spans["decide"]))
    let (publish, another) = (try #require(spans["publish"]), try #require(spans["another"]))
    #expect(request.parentSpanID == nil)
    #expect(decide.parentSpanID == request.spanID)
    #expect(publish.parentSpanID == decide.spanID)
    #expect(Set([request, decide, publish].map(\.traceID)).count == 1)
    #expect(another.traceID != request.traceID)
    #expect(request.kind == .server)
    #expect(publish.kind == .producer)
    #expect(buffer.spans(of: request.traceID).map(\.name) == ["publish", "decide", "request"])
  }

  @Test func `records what happens in a span`() throws {
    let span = tracer.startSpan("work", at: Moment(1000))
    span.attributes["messaging.system"] = "kafka"
    span.addEvent(SpanEvent(name: "parked", at: Moment(1500)))
    span.addLink(SpanLink(context: .topLevel, attributes: ["why": "batch"]))
    span.operationName = "work harder"
    span.setStatus(SpanStatus(code: .ok))
    span.end(at: Moment(3000))
    let record = try #require(buffer.spans.first)
    #expect(record.name == "work harder")
    #expect(record.attributes == ["messaging.system": "kafka"])
    #expect(record.events.map(\.name) == ["parked"])
    #expect(record.links.map(\.attributes) == [["why": "batch"]])
    #expect(record.status == SpanStatus(code: .ok))
    #expect(record.duration == .nanoseconds(2000))
    #expect(record.source.hasPrefix("TelemetryTests/TracingTests.swift:"))
  }

  @Test func `makes a span that threw a failed one and keeps what was said of it`() throws {
    struct Broken: Error {}
    #expect(throws: Broken.self) {
      try tracer.withSpan("work") { span in
        span.setStatus(SpanStatus(code: .error, message: "disk full"))
        throw Broken()
      }
    }
    #expect(throws: Broken.self) { try tracer.withSpan("silent") { _ in throw Broken() } }
    let records = buffer.spans
    #expect(
      records.map(\.status) == [SpanStatus(code: .error, message: "disk full"), SpanStatus(code: .error)])
    #expect(records[0].errors.first?.attributes["exception.message"] as? SpanAttribute == "Broken()")
  }

  @Test func `lets an error that was dealt with fail no span`() {
    struct Late: Error {}
    tracer.withSpan("work") { $0.recordError(Late()) }
    #expect(buffer.spans.first?.status == nil)
    #expect(buffer.spans.first?.errors.count == 1)
  }

  @Test func `ends a span once and ignores what comes later`() {
    let span = tracer.startSpan("work")
    #expect(span.isRecording)
    span.end()
    span.end()
    span.operationName = "late"
    span.addEvent("late")
    #expect(!span.isRecording)
    #expect(buffer.spans.map(\.name) == ["work"])
    #expect(buffer.spans.first?.events == [])
  }

  @Test func `does not let one span grow without end`() {
    let span = tracer.startSpan("loop")
    for _ in 0..<200 { span.addEvent("turn") }
    span.end()
    #expect(buffer.spans.first?.events.count == 128)
    #expect(buffer.spans.first?.droppedCount == 72)
  }

  @Test func `records the share of new traces it was told to`() {
    for (share, expected) in [(0.0, 0...0), (1.0, 2000...2000), (0.5, 800...1200)] {
      let buffer = SpanBuffer()
      let tracer = W3CTracer(rootSampling: share, buffer: buffer)
      for _ in 0..<2000 { tracer.withSpan("root") { _ in } }
      #expect(expected.contains(buffer.spans.count))
    }
  }

  @Test func `never gives an id twice`() async {
    let ids = IDGenerator()
    let made = await withTaskGroup(of: [SpanID].self) { group in
      for _ in 0..<8 { group.addTask { (0..<5000).map { _ in ids.spanID() } } }
      return await group.reduce(into: Set<SpanID>()) { $0.formUnion($1) }
    }
    #expect(made.count == 40_000)
    #expect(ids.traceID() != IDGenerator().traceID())
  }
}

struct Moment: TracerInstant {
  let nanosecondsSinceEpoch: UInt64
  init(_ nanoseconds: UInt64) { nanosecondsSinceEpoch = nanoseconds }
  static func < (one: Self, other: Self) -> Bool {
    one.nanosecondsSinceEpoch < other.nanosecondsSinceEpoch
  }
}
