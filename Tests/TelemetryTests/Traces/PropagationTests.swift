import Testing
import Tracing

@testable import Telemetry

@Suite("Carrying a trace")
struct PropagationTests {
  let buffer = SpanBuffer()
  var tracer: W3CTracer { W3CTracer(buffer: buffer) }
  let incoming = [
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "congo=t61rcWkgMzE",
  ]

  @Test func `comes out as it went in`() throws {
    var context = ServiceContext.topLevel
    tracer.extract(incoming, into: &context, using: Headers())
    #expect(context.traceparent == incoming["traceparent"])
    var outgoing: [String: String] = [:]
    tracer.inject(context, into: &outgoing, using: Headers())
    #expect(outgoing == incoming)
  }

  @Test func `goes on under the span of the sender`() throws {
    var context = ServiceContext.topLevel
    tracer.extract(incoming, into: &context, using: Headers())
    var outgoing: [String: String] = [:]
    let tracer = tracer
    tracer.withSpan("consume", context: context, ofKind: .consumer) { span in
      tracer.inject(span.context, into: &outgoing, using: Headers())
    }
    let record = try #require(buffer.spans.first)
    #expect(record.traceID.description == "0af7651916cd43dd8448eb211c80319c")
    #expect(record.parentSpanID?.description == "b7ad6b7169203331")
    #expect(outgoing["traceparent"] == "00-\(record.traceID)-\(record.spanID)-01")
    #expect(outgoing["tracestate"] == "congo=t61rcWkgMzE")
  }

  @Test func `passes an unsampled trace on without recording it`() {
    var context = ServiceContext.topLevel
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    tracer.extract(["traceparent": header], into: &context, using: Headers())
    var outgoing: [String: String] = [:]
    let tracer = tracer
    tracer.withSpan("consume", context: context) { span in
      #expect(!span.isRecording)
      tracer.inject(span.context, into: &outgoing, using: Headers())
    }
    #expect(outgoing["traceparent"]?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
    #expect(outgoing["traceparent"]?.hasSuffix("-00") == true)
    #expect(outgoing["traceparent"] != header)
    #expect(outgoing["tracestate"] == nil)
    #expect(buffer.spans.isEmpty)
  }

  @Test func `begins a new trace when the header is missing or broken`() {
    for headers in [[:], ["traceparent": "garbage", "tracestate": "a=1"], ["tracestate": "a=1"]] {
      var context = ServiceContext.topLevel
      tracer.extract(headers, into: &context, using: Headers())
      #expect(context.traceContext == nil)
      var outgoing: [String: String] = [:]
      tracer.inject(context, into: &outgoing, using: Headers())
      #expect(outgoing.isEmpty)
    }
  }
}

struct Headers: Extractor, Injector {
  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
    carrier[key] = value
  }
}
