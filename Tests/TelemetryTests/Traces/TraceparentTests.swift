import Testing

@testable import Telemetry

@Suite("Reading traceparent")
struct TraceparentTests {
  static let trace = "0af7651916cd43dd8448eb211c80319c"
  static let span = "b7ad6b7169203331"

  @Test(arguments: [
    ("00-\(trace)-\(span)-01", true),
    ("00-\(trace)-\(span)-00", false),
    ("00-\(trace)-\(span)-02", false),
    ("00-\(trace)-\(span)-ff", true),
    ("01-\(trace)-\(span)-01", true),
    ("cc-\(trace)-\(span)-01-what-the-future-will-be-like", true),
    ("fe-\(trace)-\(span)-01-", true),
  ])
  func `accepts what the Recommendation allows`(header: String, sampled: Bool) throws {
    let context = try #require(TraceContext(traceparent: header))
    #expect(context.traceID.description == Self.trace)
    #expect(context.spanID.description == Self.span)
    #expect(context.sampled == sampled)
    #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-\(sampled ? "01" : "00")")
  }

  @Test(arguments: [
    "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1",
    "ff-\(trace)-\(span)-01",
    "FF-\(trace)-\(span)-01",
    ".0-\(trace)-\(span)-01",
    "0-\(trace)-\(span)-01", "000-\(trace)-\(span)-01",
    "00-00000000000000000000000000000000-\(span)-01",
    "00-\(trace)-0000000000000000-01",
    "00-\(trace.uppercased())-\(span)-01",
    "00-\(trace)-\(span.uppercased())-01",
    "00-\(trace)-\(span)-0A", "00-\(trace)-\(span)-.0",
    "00-\(trace.dropLast())-\(span)-01", "00-\(trace)0-\(span)-01",
    "00-\(trace.dropLast())x-\(span)-01",
    "00-\(trace)-\(span.dropLast()).-01",
    "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01-extra", "00-\(trace)-\(span)-010",
    "cc-\(trace)-\(span)-01.what-the-future-will-not-be-like",
    "00_\(trace)_\(span)_01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01 ",
    "00-é\(trace.dropLast(2))-\(span)-01",
  ])
  func `refuses everything else`(header: String) {
    #expect(TraceContext(traceparent: header) == nil)
  }

  @Test(arguments: [
    "congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "fw529a3039@dt=FfAa;s=1",
    "a=1 , b=2", "a=1,,b=2",
  ])
  func `carries tracestate as it came`(tracestate: String) {
    #expect(read(tracestate)?.traceState == tracestate)
  }

  @Test(arguments: [
    "", " ", ",", "a", "=1", "a=1\r\nX-Injected: 1", "a=é",
    (0..<33).map { "k\($0)=v" }.joined(separator: ","),
    "a=" + String(repeating: "x", count: 5000),
  ])
  func `drops a tracestate that cannot be carried, and keeps the trace`(tracestate: String) throws {
    let context = try #require(read(tracestate))
    #expect(context.traceState == nil)
  }

  private func read(_ tracestate: String) -> TraceContext? {
    TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: tracestate)
  }
}
