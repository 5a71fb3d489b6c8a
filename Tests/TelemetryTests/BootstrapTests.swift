import Logging
import Metrics
import Testing
import Tracing

@testable import Telemetry

@Suite("Starting telemetry")
struct BootstrapTests {
  @Test func `installs logs, metrics and traces once for the process`() throws {
    let lines = LogLines()
    let telemetry = Telemetry.bootstrap(
      logLevel: .warning, output: lines.output,
      metadataProviders: [Logger.MetadataProvider { ["correlation.id": "c1"] }])
    let again = Telemetry.bootstrap(logLevel: .trace)
    #expect(again.metrics === telemetry.metrics)
    #expect(again.spans === telemetry.spans)

    Counter(label: "bootstrapped").increment()
    withSpan("bootstrapped") { _ in
      Logger(label: "main").warning("up")
      Logger(label: "main").info("too quiet")
    }

    #expect(try Scrape(telemetry.metrics)["bootstrapped_total"] == 1)
    let span = try #require(telemetry.spans.spans.first { $0.name == "bootstrapped" })
    let line = try lines.only()
    #expect(line["message"] == "up")
    #expect(line["correlation.id"] == "c1")
    #expect(line["trace.id"] == .string(span.traceID.description))
  }
}
