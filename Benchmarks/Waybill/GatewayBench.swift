import ArgumentParser
import AsyncHTTPClient
import Foundation
import GRDB
import Kafka
import Logging
import NIOCore
import NIOHTTP1

/// The event gateway: how many events a second it takes in, how late it ever answers, and what a million of them
/// cost.
struct GatewayBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "gateway")

  @Option(help: "The program to measure.")
  var program = ".build/release/waybill"

  @Option(help: "A Python with FastAPI, uvicorn and aiokafka, for the peer.")
  var python: String

  @Option(help: "Seconds of load.")
  var seconds = 10

  @Option var connections = 64
  @Option(help: "Seconds at a steady rate.")
  var steady = 60
  @Option(help: "Events in the store when a story is asked for.")
  var stored = 1_000_000

  private static let key = "wbk_of-the-bench"

  func run() async throws {
    header("ingest, \(connections) connections", "events/s", "p50", "p99", "p99.9", "of the empty handler")
    let nothing = try await empty()
    let alone = try await ingest("the gateway, the broker away", broker: "127.0.0.1:1", beside: nothing)
    let broker = try Self.broker()
    _ = try await ingest(
      "the gateway, with the flow through the broker", broker: broker.bootstrapServers, beside: nothing)
    let peer = try await peer(broker.bootstrapServers, beside: nothing)
    broker.close()
    print("\nThe gateway takes \((alone / peer).short) times as many as the peer (target 10).")
    try await steadily()
    try await million()
  }

  private static func broker() throws -> EmbeddedBroker {
    let broker = try EmbeddedBroker(logger: Logger(label: "bench"))
    for topic in [
      "event.received", "event.delivered", "event.delivery-retried", "event.delivery-failed",
      "gateway.dead-letters",
    ] {
      try broker.createTopic(topic, partitions: 12)
    }
    return broker
  }

  private func empty() async throws -> Double {
    let server = try BenchProcess(CommandLine.arguments[0], ["nothing", "18086"])
    defer { server.stop() }
    return try load("the same server, doing nothing", 18086, "none", beside: nil)
  }

  private func ingest(_ name: String, broker: String, beside nothing: Double) async throws -> Double {
    let scratch = try Scratch()
    let settings = [
      "WAYBILL_DATA": scratch.path, "LOG_LEVEL": "critical", "GATEWAY_PORT": "18085",
      "KAFKA_BOOTSTRAP_SERVERS": broker, "GATEWAY_TARGET_URL": "http://127.0.0.1:1/graphql",
    ]
    let key =
      try RunningStack.output(program, ["sources", "add", "bench", "--brand", "b"], settings)
      .split(separator: " ").last.map(String.init) ?? ""
    let gateway = try BenchProcess(program, ["serve", "gateway"], settings)
    defer { gateway.stop() }
    return try load(name, 18085, key, beside: nothing)
  }

  private func peer(_ broker: String, beside nothing: Double) async throws -> Double {
    let scratch = try Scratch()
    let server = try BenchProcess(
      python, ["Benchmarks/peers/fastapi_ingest.py", "18087", broker, scratch.path, Self.key])
    defer { server.stop() }
    return try load("FastAPI, uvicorn, SQLite, aiokafka", 18087, Self.key, beside: nothing)
  }

  /// - Returns: events a second.
  private func load(_ name: String, _ port: Int, _ key: String, beside nothing: Double?) throws -> Double {
    let script = NSTemporaryDirectory() + "waybill-events-\(UUID().uuidString).lua"
    defer { try? FileManager.default.removeItem(atPath: script) }
    let prefix = UUID().uuidString
    try Data(
      """
      local n = 0
      local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer \(key)"}
      function request()
        n = n + 1
        return wrk.format("POST", "/events", headers, '{"id":"\(prefix)-' .. n .. '","name":"order.placed",' ..
          '"body":"{\\\\"order\\\\":' .. n .. ',\\\\"customer\\\\":\\\\"Ada Lovelace\\\\",\\\\"total\\\\":\\\\"12.50\\\\"}",' ..
          '"timestamp":"2026-01-01T00:00:00Z"}')
      end
      function done(summary, latency, requests)
        local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
        print(string.format("figures %f %f %f %f %d", summary.requests / (summary.duration / 1e6),
          latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, bad))
      end
      """.utf8
    ).write(to: URL(fileURLWithPath: script))
    let text = try RunningStack.output(
      "/usr/bin/wrk",
      [
        "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s", script,
        "http://127.0.0.1:\(port)",
      ], [:])
    let figures =
      text.split(separator: "\n").first { $0.hasPrefix("figures") }?.split(separator: " ").dropFirst()
      .compactMap { Double($0) } ?? []
    guard figures.count == 5 else { throw ValidationError("wrk said nothing of \(name): \(text)") }
    guard figures[4] == 0 else { throw ValidationError("\(name) refused \(figures[4]) requests") }
    let part = nothing.map { (figures[0] / $0).short } ?? "1"
    row(
      name, figures[0].whole, "\(figures[1].short) ms", "\(figures[2].short) ms", "\(figures[3].short) ms",
      part)
    return figures[0]
  }

  /// The slowest answer in a minute, with everything going on behind it.
  private func steadily() async throws {
    header("\(steady) s at 2,000 events/s, with delivery going on", "figure", "target")
    let stack = try RunningStack(program, ["GATEWAY_TARGET_RATE": "200", "GATEWAY_TARGET_BURST": "20"])
    defer { stack.stop() }
    let count = steady * 2000
    _ = try await RunningStack.send(
      .POST, "http://127.0.0.1:8091/simulator/send", nil, #"{"count":\#(count),"rate":2000}"#)
    var stats: [String: Any] = [:]
    repeat {
      try await Task.sleep(for: .seconds(1))
      let (_, body) = try await RunningStack.send(.GET, "http://127.0.0.1:8091/simulator/stats", nil)
      stats = try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:]
    } while (stats["sent"] as? Int ?? 0) < count || (stats["pending"] as? Int ?? 0) > 0
    let latency = stats["latencyMs"] as? [String: NSNumber] ?? [:]
    for name in ["p50", "p99", "p99.9", "max"] {
      row(
        "answer, \(name)", "\((latency[name]?.doubleValue ?? .nan).short) ms", name == "max" ? "500 ms" : "")
    }
    row("lost: no 2xx within 500 ms", "\(stats["lost"] as? Int ?? -1) of \(Double(count).whole)", "0")
    let (_, target) = try await RunningStack.send(.GET, "http://127.0.0.1:8092/simulator/stats", nil)
    let received = try JSONSerialization.jsonObject(with: target) as? [String: Any] ?? [:]
    row("delivered meanwhile", Double(received["events"] as? Int ?? -1).whole, "")
  }

  /// One story among a million, and what a million cost on disk.
  private func million() async throws {
    header("a store of \(Double(stored).whole) delivered events", "figure", "target")
    let scratch = try Scratch()
    let settings = [
      "WAYBILL_DATA": scratch.path, "LOG_LEVEL": "critical", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    ]
    _ = try RunningStack.output(program, ["sources", "list"], settings)
    let file = "\(scratch.path)/gateway.sqlite"
    try await fill(file)
    let administration = try BenchProcess(program, ["serve", "administration"], settings)
    defer { administration.stop() }
    let gateway = try BenchProcess(program, ["serve", "gateway"], settings)
    defer { gateway.stop() }
    let token = try RunningStack.output(program, ["token"], settings)
    let clock = ContinuousClock()
    var delays: [Double] = []
    for _ in 0..<500 {
      let started = clock.now
      let (status, _) = try await RunningStack.send(
        .GET, "http://127.0.0.1:8085/events/order-\(Int.random(in: 1...stored))", token)
      guard status == 200 else { throw ValidationError("a story was refused with \(status)") }
      delays.append((clock.now - started).milliseconds)
    }
    row("the story of one, p50", "\(delays.percentile(0.5).short) ms", "")
    row("the story of one, p99", "\(delays.percentile(0.99).short) ms", "20 ms")
    let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? NSNumber
    row("on disk for each", "\(((size?.doubleValue ?? .nan) / Double(stored)).whole) bytes", "")
  }

  /// As the gateway leaves them when they are delivered and what is kept for the broker is gone.
  private func fill(_ file: String) async throws {
    let stored = stored
    let database = try DatabaseQueue(path: file)
    try await database.write { database in
      let insert = try database.makeStatement(
        sql: """
          INSERT INTO events (id, source, name, body, timestamp, brand, status, attempt, answer, trace, received_at,
            queued_at, updated_at, change)
          VALUES (?, 'demo', 'order.placed', ?, '2026-01-01T00:00:00Z', 'testBrand', 'DELIVERED', 1, ?,
            '5d65f664c1e94df5c29d783ca5f75388', ?, ?, ?, ?)
          """)
      let now = Int64(Date().timeIntervalSince1970 * 1000)
      for number in 1...stored {
        let body = #"{"order":\#(number),"customer":"Ada Lovelace","total":"12.50"}"#
        try insert.execute(arguments: [
          "order-\(number)", Data(body.utf8), #"{"id":"order-\#(number)"}"#, now, now + 6, now + 19, number,
        ])
      }
    }
    try database.close()
  }
}
