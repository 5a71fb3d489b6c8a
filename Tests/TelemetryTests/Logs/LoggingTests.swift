import Logging
import Testing
import Tracing

@testable import Telemetry

@Suite("Logging")
struct LoggingTests {
  let lines = LogLines()

  @Test func `writes one object on one line, the fixed keys first`() {
    let logger = lines.logger("workflow", at: 1_772_348_889_010_000_000)
    logger.warning("late", metadata: ["event.id": "e1", "delivery.id": "d1"])
    #expect(
      lines.texts == [
        """
        {"time":"2026-03-01T07:08:09.010Z","level":"warning","logger":"workflow","message":"late",\
        "delivery.id":"d1","event.id":"e1"}

        """
      ])
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  ])
  func `tells the time in UTC to the millisecond`(milliseconds: UInt64, text: String) throws {
    lines.logger(at: milliseconds * 1_000_000).info("now")
    #expect(try lines.only()["time"] == .string(text))
  }

  @Test func `gives back every character it was given`() throws {
    let controls = String(String.UnicodeScalarView((0..<0x20).compactMap(Unicode.Scalar.init)))
    let text = controls + #"quote " backslash \ slash / "# + "\u{7f}\u{2028}é漢🧾\u{1F468}\u{200D}\u{1F469}"
    lines.logger(text).info("\(text)", metadata: [text: .string(text)])
    let line = try lines.only()
    #expect(line["message"] == .string(text))
    #expect(line["logger"] == .string(text))
    #expect(line[text] == .string(text))
    #expect(lines.texts[0].utf8.filter { $0 < 0x20 } == [UInt8(ascii: "\n")])
  }

  @Test func `keeps nested metadata as JSON`() throws {
    lines.logger().info("nested", metadata: ["list": ["a", ["b": "c"]], "none": [:], "empty": []])
    let line = try lines.only()
    #expect(line["list"] == .array(["a", .object(["b": "c"])]))
    #expect(line["none"] == .object([:]))
    #expect(line["empty"] == .array([]))
  }

  @Test func `keeps numbers as numbers unless a digit would be lost`() throws {
    lines.logger().info(
      "numbers",
      metadata: [
        "count": .stringConvertible(42), "ratio": .stringConvertible(0.25),
        "ready": .stringConvertible(true), "huge": .stringConvertible(Int.max),
        "lost": .stringConvertible(Double.infinity), "text": "7",
      ])
    let line = try lines.only()
    #expect(line["count"] == .number(42))
    #expect(line["ratio"] == .number(0.25))
    #expect(line["ready"] == .truth(true))
    #expect(line["huge"] == "9223372036854775807")
    #expect(line["lost"] == "inf")
    #expect(line["text"] == "7")
  }

  @Test func `keeps metadata that would hide a fixed key`() throws {
    lines.logger().info("said", metadata: ["message": "other", "metadata.message": "third"])
    let line = try lines.only()
    #expect(line["message"] == "said")
    #expect(line["metadata.message"] == "third")
    #expect(line["metadata.metadata.message"] == "other")
  }

  @Test func `names the error of an event`() throws {
    struct Broken: Error {}
    lines.logger().error("failed", error: Broken(), metadata: ["error.message": "own"])
    let line = try lines.only()
    #expect(line["error.message"] == "Broken()")
    #expect(line["metadata.error.message"] == "own")
  }

  @Test func `lets the statement win over the context and the context over the logger`() throws {
    var logger = lines.logger(provider: Logger.MetadataProvider { ["b": "context", "c": "context"] })
    logger[metadataKey: "a"] = "logger"
    logger[metadataKey: "b"] = "logger"
    logger.info("who", metadata: ["c": "statement"])
    let line = try lines.only()
    #expect(line["a"] == "logger")
    #expect(line["b"] == "context")
    #expect(line["c"] == "statement")
  }

  @Test func `carries the trace and span of the current context`() throws {
    let tracer = W3CTracer { _ in }
    let trace = try tracer.withSpan("work") { span in
      lines.logger().info("inside")
      return try #require(span.context.traceContext)
    }
    let line = try lines.only()
    #expect(line["trace.id"] == .string(trace.traceID.description))
    #expect(line["span.id"] == .string(trace.spanID.description))
  }
}
