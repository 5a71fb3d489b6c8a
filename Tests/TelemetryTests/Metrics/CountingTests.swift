import Metrics
import Testing

@testable import Telemetry

@Suite("Counting")
struct CountingTests {
  let metrics = PrometheusMetrics(help: ["events.handled": "Events that had their effect."])

  @Test func `counts every increment of many tasks`() async throws {
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          let timer = Timer(label: "handling", factory: metrics)
          for step in 0..<10_000 {
            Counter(label: "events", dimensions: [("service", "orders")], factory: metrics).increment()
            FloatingPointCounter(label: "cost", factory: metrics).increment(by: 0.5)
            Meter(label: "level", factory: metrics).increment(by: step % 2 == 0 ? 2.0 : 1.0)
            timer.recordMilliseconds(3)
          }
        }
      }
    }
    let scrape = try Scrape(metrics)
    #expect(scrape[#"events_total{service="orders"}"#] == 80_000)
    #expect(scrape["cost_total"] == 40_000)
    #expect(scrape["level"] == 120_000)
    #expect(scrape["handling_seconds_count"] == 80_000)
    #expect(scrape[#"handling_seconds_bucket{le="0.0025"}"#] == 0)
    #expect(scrape[#"handling_seconds_bucket{le="0.005"}"#] == 80_000)
  }

  @Test func `gives the same handler for the same label and dimensions, in any order`() {
    let one = metrics.makeCounter(label: "a.b", dimensions: [("x", "1"), ("y", "2")])
    #expect(one === metrics.makeCounter(label: "a.b", dimensions: [("x", "1"), ("y", "2")]))
    #expect(one === metrics.makeCounter(label: "a-b", dimensions: [("y", "2"), ("x", "1")]))
    #expect(one !== metrics.makeCounter(label: "a.b", dimensions: [("x", "1"), ("y", "3")]))
    let timer = metrics.makeTimer(label: "t", dimensions: [])
    #expect(timer === metrics.makeTimer(label: "t", dimensions: []))
  }

  @Test func `says help and type once for all series of a counter`() throws {
    for status in ["ok", "failed"] {
      Counter(label: "events.handled", dimensions: [("status", status)], factory: metrics).increment(by: 2)
    }
    Counter(label: "seen_total", factory: metrics).increment()
    let scrape = try Scrape(metrics)
    #expect(scrape.types["events_handled_total"] == "counter")
    #expect(scrape.helps["events_handled_total"] == "Events that had their effect.")
    #expect(scrape[#"events_handled_total{status="ok"}"#] == 2)
    #expect(scrape[#"events_handled_total{status="failed"}"#] == 2)
    #expect(scrape["seen_total"] == 1)
  }

  @Test func `never counts down`() throws {
    let counter = Counter(label: "steps", factory: metrics)
    counter.increment(by: 5)
    counter.increment(by: -3)
    let fractions = FloatingPointCounter(label: "steps", factory: metrics)
    fractions.increment(by: -0.5)
    fractions.increment(by: Double.nan)
    fractions.increment(by: 0.25)
    #expect(try Scrape(metrics)["steps_total"] == 5.25)
    counter.reset()
    #expect(try Scrape(metrics)["steps_total"] == 0)
  }

  @Test func `forgets what is destroyed`() throws {
    let counter = Counter(label: "gone", factory: metrics)
    let gauge = Gauge(label: "gone.gauge", factory: metrics)
    counter.increment()
    counter.destroy()
    gauge.destroy()
    let scrape = try Scrape(metrics)
    #expect(scrape.types["gone_total"] == nil)
    #expect(scrape.types["gone_gauge"] == nil)
    Counter(label: "gone", factory: metrics).increment()
    #expect(try Scrape(metrics)["gone_total"] == 1)
  }
}
