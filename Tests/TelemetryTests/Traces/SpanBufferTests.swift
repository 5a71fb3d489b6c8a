import Testing
import Tracing

@testable import Telemetry

@Suite("Keeping spans")
struct SpanBufferTests {
  @Test func `keeps the latest and counts what it dropped`() {
    let buffer = SpanBuffer(capacity: 3)
    let tracer = W3CTracer(buffer: buffer)
    #expect(buffer.spans.isEmpty)
    for number in 1...3 { tracer.withSpan("\(number)") { _ in } }
    #expect(buffer.spans.map(\.name) == ["1", "2", "3"])
    #expect(buffer.droppedCount == 0)
    for number in 4...8 { tracer.withSpan("\(number)") { _ in } }
    #expect(buffer.spans.map(\.name) == ["6", "7", "8"])
    #expect(buffer.droppedCount == 5)
  }

  @Test func `takes the spans of many tasks`() async {
    let buffer = SpanBuffer(capacity: 1000)
    let tracer = W3CTracer(buffer: buffer)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<500 { tracer.withSpan("work") { _ in } } }
      }
    }
    #expect(buffer.spans.count == 1000)
    #expect(buffer.droppedCount == 3000)
  }
}
