import Metrics
import Synchronization
import Testing

@testable import Telemetry

@Suite("Measuring")
struct MeasuringTests {
  let metrics = PrometheusMetrics(buckets: ["batch.size": [100, 10, .infinity, 10]])

  @Test func `shows the last value of a gauge`() throws {
    let gauge = Gauge(label: "outbox.waiting", factory: metrics)
    gauge.record(7)
    gauge.record(2.5)
    let meter = Meter(label: "lanes", factory: metrics)
    meter.set(10)
    meter.decrement(by: 4.0)
    Gauge(label: "unbounded", factory: metrics).record(-Double.infinity)
    Gauge(label: "unknown", factory: metrics).record(Double.nan)
    let scrape = try Scrape(metrics)
    #expect(scrape.types["outbox_waiting"] == "gauge")
    #expect(scrape["outbox_waiting"] == 2.5)
    #expect(scrape["lanes"] == 6)
    #expect(scrape["unbounded"] == -Double.infinity)
    #expect(scrape["unknown"]?.isNaN == true)
  }

  @Test func `counts a recorder's values under powers of two`() throws {
    let recorder = Recorder(label: "payload-bytes", dimensions: [("topic", "t")], factory: metrics)
    for value in [1, 2, 3, 2_000_000] { recorder.record(value) }
    recorder.record(Double.nan)
    let scrape = try Scrape(metrics)
    #expect(scrape.types["payload_bytes"] == "histogram")
    #expect(scrape[#"payload_bytes_bucket{topic="t",le="1"}"#] == 1)
    #expect(scrape[#"payload_bytes_bucket{topic="t",le="2"}"#] == 2)
    #expect(scrape[#"payload_bytes_bucket{topic="t",le="1048576"}"#] == 3)
    #expect(scrape[#"payload_bytes_bucket{topic="t",le="+Inf"}"#] == 4)
    #expect(scrape[#"payload_bytes_sum{topic="t"}"#] == 2_000_006)
    #expect(scrape[#"payload_bytes_count{topic="t"}"#] == 4)
  }

  @Test func `takes a metric's own buckets`() throws {
    Recorder(label: "batch.size", factory: metrics).record(50)
    let buckets = try Scrape(metrics).values.filter { $0.key.hasPrefix("batch_size_bucket") }
    #expect(
      buckets == [
        #"batch_size_bucket{le="10"}"#: 0, #"batch_size_bucket{le="100"}"#: 1,
        #"batch_size_bucket{le="+Inf"}"#: 1,
      ])
  }

  @Test func `shows a timer in seconds from half a millisecond to a minute`() throws {
    let timer = Timer(label: "commit", factory: metrics)
    timer.recordMicroseconds(500)
    timer.recordSeconds(61)
    let scrape = try Scrape(metrics)
    #expect(scrape[#"commit_seconds_bucket{le="0.0005"}"#] == 1)
    #expect(scrape[#"commit_seconds_bucket{le="60"}"#] == 1)
    #expect(scrape["commit_seconds_count"] == 2)
    #expect(scrape["commit_seconds_sum"] == 61.0005)
  }

  @Test func `reads a collected gauge at each scrape`() throws {
    let level = Level()
    metrics.collect("relay.waiting", help: "Rows not yet sent.", labels: [("service", "orders")]) {
      level.value.withLock { $0 }
    }
    #expect(try Scrape(metrics)[#"relay_waiting{service="orders"}"#] == 1)
    level.value.withLock { $0 = 2 }
    let scrape = try Scrape(metrics)
    #expect(scrape[#"relay_waiting{service="orders"}"#] == 2)
    #expect(scrape.helps["relay_waiting"] == "Rows not yet sent.")
  }

  @Test func `lets the last registration of a collected gauge hold`() throws {
    metrics.collect("level", help: "Level.") { 1 }
    metrics.collect("level", help: "Level.") { 2 }
    #expect(try Scrape(metrics)["level"] == 2)
  }

  final class Level: Sendable {
    let value = Mutex(1.0)
  }
}
