import Foundation
import Metrics
import Testing

@testable import Telemetry

@Suite("Showing metrics")
struct ExpositionTests {
  let metrics = PrometheusMetrics()

  @Test(arguments: [
    ("http.server-requests", "http_server_requests"), ("9lives", "_9lives"), ("", "_"),
    ("größe/µs", "gr__e__s"), ("job:rate", "job:rate"),
  ])
  func `makes any label a valid name`(label: String, name: String) throws {
    Gauge(label: label, factory: metrics).record(1)
    #expect(try Scrape(metrics)[name] == 1)
  }

  @Test func `escapes label values and renames what Prometheus keeps for itself`() throws {
    let odd = "a\\b\"c\nd"
    Gauge(label: "odd", dimensions: [("path", odd), ("le", "x"), ("__name__", "y")], factory: metrics)
      .record(1)
    Gauge(label: "shared", dimensions: [("a.b", "1"), ("a-b", "2")], factory: metrics).record(1)
    let scrape = try Scrape(metrics)
    #expect(scrape[#"odd{exported_le="x",key__name__="y",path="a\\b\"c\nd"}"#] == 1)
    #expect(scrape[#"shared{a_b="1;2"}"#] == 1)
  }

  @Test func `escapes help`() throws {
    metrics.collect("helped", help: "one\ntwo \\ three") { 0 }
    #expect(try Scrape(metrics).helps["helped"] == #"one\ntwo \\ three"#)
  }

  @Test func `renders in a stable order`() throws {
    for label in ["b", "a", "c"] {
      for value in ["2", "1"] {
        Gauge(label: label, dimensions: [("x", value)], factory: metrics).record(1)
      }
    }
    let own = metrics.render().split(separator: "\n").filter {
      !$0.contains("process_") && !$0.hasPrefix("#")
    }
    #expect(
      own == [
        #"a{x="1"} 1"#, #"a{x="2"} 1"#, #"b{x="1"} 1"#, #"b{x="2"} 1"#, #"c{x="1"} 1"#, #"c{x="2"} 1"#,
      ])
    let names = try Scrape(metrics).names
    #expect(names == names.sorted())
  }

  @Test func `keeps two types under one label apart`() throws {
    Gauge(label: "size", factory: metrics).record(3)
    Recorder(label: "size", factory: metrics).record(4)
    metrics.collect("size", help: "Another place.", labels: [("at", "x")]) { 5 }
    let scrape = try Scrape(metrics)
    #expect(scrape["size"] == 3)
    #expect(scrape[#"size{at="x"}"#] == 5)
    #expect(scrape["size_histogram_count"] == 1)
  }

  @Test func `tells what the process uses`() throws {
    let scrape = try Scrape(metrics)
    #expect(try #require(scrape["process_resident_memory_bytes"]) > 1_000_000)
    #expect(try #require(scrape["process_open_fds"]) >= 3)
    #expect(try #require(scrape["process_cpu_seconds_total"]) >= 0)
    #expect(scrape.types["process_cpu_seconds_total"] == "counter")
    let age = Date().timeIntervalSince1970 - (try #require(scrape["process_start_time_seconds"]))
    #expect((-60..<86_400).contains(age))
  }

  @Test func `reads a process whose name has blanks and parentheses`() throws {
    let fields = (3...52).map(String.init).joined(separator: " ")
    let stat = try #require(ProcessStat("7 (a) b (c) " + fields + "\n"))
    #expect(stat.cpuTicks == 14 + 15)
    #expect(stat.startTicks == 22)
    #expect(stat.residentPages == 24)
    #expect(ProcessStat("7 (cut) S 1") == nil)
  }
}
