import Logging
import Metrics
import Testing
import Tracing

@testable import Telemetry

@Suite("Starting telemetry")
struct BootstrapTests {
  // In a process of its own: logs, metrics and traces can be installed once in one.
  @Test func `installs logs, metrics and traces once for the process`() async {
    await #expect(processExitsWith: .success) {
      let lines = LogLines()
      let telemetry = Telemetry.bootstrap(
        logLevel: .warning, output: lines.output,
        metadataProviders: [Logger.MetadataProvider { ["correlation.id": "c1"] }])
      let again = Telemetry.bootstrap(logLevel: .trace)
      precondition(again.metrics === telemetry.metrics)
      precondition(again.spans === telemetry.spans)

      Counter(label: "bootstrapped").increment()
      withSpan("bootstrapped") { _ in
        Logger(label: "main").warning("up")
        Logger(label: "main").info("too quiet")
      }

      let scrape = try Scrape(telemetry.metrics)
      precondition(scrape["bootstrapped_total"] == 1)
      guard let span = telemetry.spans.spans.first(where: { $0.name == "bootstrapped" }) else {
        preconditionFailure("no span")
      }
      let line = try lines.only()
      precondition(line["message"] == "up")
      precondition(line["correlation.id"] == "c1")
      precondition(line["trace.id"] == .string(span.traceID.description))
    }
  }
}
