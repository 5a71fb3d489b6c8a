import ArgumentParser
import Foundation
import NIOHTTP1

/// Orders: how many a second, what the service adds to the slower of its dependencies, and what a slow product costs
/// those who order another.
struct OrdersBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "orders")

  @Option(help: "The program to measure.")
  var program = ".build/release/waybill"

  @Option(help: "Seconds of load.")
  var seconds = 10

  @Option var connections = 64
  @Option(help: "Orders one after another, for the added latency.")
  var orders = 200
  @Option(help: "Orders a second, at a steady rate.")
  var rate = 500

  private static let shop = "http://127.0.0.1:18093"
  private static let url = "http://127.0.0.1:8086/orders"

  func run() async throws {
    header("orders", "figure", "target")
    try await throughput("answers remembered, one user and one product", [:], distinct: false)
    try await throughput(
      "each order asks both services", ["ORDERS_FRESH_S": "0"], distinct: true)
    try await added()
    try await besideSlowOnes()
  }

  private func stack(_ settings: [String: String] = [:]) throws -> RunningStack {
    try RunningStack(
      program,
      ["ORDERS_PRODUCT_URL": Self.shop, "ORDERS_USER_URL": Self.shop].merging(settings) { $1 })
  }

  private func shop(user: Int, product: Int) throws -> BenchProcess {
    try BenchProcess(CommandLine.arguments[0], ["shop", "18093", "\(user)", "\(product)"])
  }

  private func throughput(_ name: String, _ settings: [String: String], distinct: Bool) async throws {
    let shop = try shop(user: 0, product: 0)
    defer { shop.stop() }
    let stack = try stack(settings)
    defer { stack.stop() }
    let figures = try Self.load(
      token: try stack.token(), distinct: distinct, connections: connections, seconds: seconds)
    row("POST order to 201, \(name), \(connections) connections", "\(figures.rate.whole) orders/s", "")
    row(
      "the same, p50 and p99", "\(figures.p50.short) ms, \(figures.p99.short) ms", "")
  }

  /// One after another, each about another user and another product: nothing is remembered.
  private func added() async throws {
    let (user, product) = (20, 30)
    let shop = try shop(user: user, product: product)
    defer { shop.stop() }
    let stack = try stack(["ORDERS_FRESH_S": "0"])
    defer { stack.stop() }
    let token = try stack.token()
    let clock = ContinuousClock()
    var (direct, whole): ([Double], [Double]) = ([], [])
    for number in 0..<orders {
      var started = clock.now
      _ = try await RunningStack.send(.GET, "\(Self.shop)/products/direct-\(number)", nil)
      direct.append((clock.now - started).milliseconds)
      started = clock.now
      let (status, body) = try await RunningStack.send(
        .POST, Self.url, token, #"{"user_id":"u\#(number)","product_code":"p\#(number)"}"#)
      whole.append((clock.now - started).milliseconds)
      guard status == 201 else {
        throw ValidationError("order \(number): \(status) \(String(decoding: body, as: UTF8.self))")
      }
    }
    row(
      "services of \(user) and \(product) ms: the slower one alone, p50",
      "\(direct.percentile(0.5).short) ms",
      "")
    row("the whole order, p50", "\(whole.percentile(0.5).short) ms", "")
    row(
      "added to the slower one, p50", "\((whole.percentile(0.5) - direct.percentile(0.5)).short) ms",
      "below 5 ms")
    row("added, p99 to p99", "\((whole.percentile(0.99) - direct.percentile(0.99)).short) ms", "")
  }

  private func besideSlowOnes() async throws {
    let shop = try shop(user: 3, product: 2)
    defer { shop.stop() }
    for distinct in [false, true] {
      let alone = try await steadily(slow: 0, distinct)
      let beside = try await steadily(slow: rate / 10, distinct)
      let which =
        distinct ? "each slow order of another slow product" : "the slow orders all of one product"
      row(
        "\(rate) orders a second, none slow: created within the answer, p50, p99",
        "\(alone.rate.whole)/s, \(alone.p50.short) ms, \(alone.p99.short) ms", "")
      row(
        "a tenth of them waits a minute, \(which): the others",
        "\(beside.rate.whole)/s, \(beside.p50.short) ms, \(beside.p99.short) ms", "")
      row(
        "the others' rate beside slow ones, of the rate without", (beside.rate / (alone.rate * 0.9)).short,
        "0.90 or more")
    }
  }

  struct Figures {
    let rate: Double
    let p50: Double
    let p99: Double
  }

  /// Orders at a steady rate; `slow` of each second's are of a slow product, and not counted.
  private func steadily(slow: Int, _ distinct: Bool) async throws -> Figures {
    let stack = try stack(["ORDERS_FRESH_S": "1"])
    defer { stack.stop() }
    let (token, clock) = (try stack.token(), ContinuousClock())
    let (started, count) = (clock.now, rate * seconds)
    let delays = try await withThrowingTaskGroup(of: Double?.self) { group in
      for number in 0..<count {
        try await Task.sleep(until: started + .seconds(Double(number) / Double(rate)), clock: clock)
        let isSlow = slow > 0 && number % (rate / slow) == 0
        let code = isSlow ? "slow\(distinct ? "-\(number)" : "")" : "classic-box"
        group.addTask {
          let asked = clock.now
          let (status, _) = try await RunningStack.send(
            .POST, Self.url, token, #"{"user_id":"ada","product_code":"\#(code)"}"#)
          let isCreated = status == 201
          guard isSlow ? status == 202 : true else { throw ValidationError("a slow order: \(status)") }
          return isCreated ? (clock.now - asked).milliseconds : nil
        }
      }
      return try await group.reduce(into: [Double]()) { if let delay = $1 { $0.append(delay) } }
    }
    guard !delays.isEmpty else { throw ValidationError("no order was created") }
    return Figures(
      rate: Double(delays.count) / Double(seconds), p50: delays.percentile(0.5), p99: delays.percentile(0.99))
  }

  /// POSTs orders over many connections; every one has to be answered with 201.
  private static func load(
    token: String, distinct: Bool, connections: Int, seconds: Int
  ) throws -> Figures {
    let script = NSTemporaryDirectory() + "waybill-orders-\(UUID().uuidString).lua"
    defer { try? FileManager.default.removeItem(atPath: script) }
    try Data(
      """
      local n = 0
      local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer \(token)"}
      function request()
        n = n + 1
        local name = \(distinct ? "n" : "\"one\"")
        return wrk.format("POST", "/orders", headers,
          '{"user_id":"u' .. name .. '","product_code":"p' .. name .. '"}')
      end


      function done(summary, latency, requests)
        local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
        print(string.format("figures %f %f %f %d", summary.requests / (summary.duration / 1e6),
          latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
      end
      """.utf8
    ).write(to: URL(fileURLWithPath: script))
    let text = try RunningStack.output(
      "/usr/bin/wrk",
      [
        "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s", script, "http://127.0.0.1:8086",
      ], [:])
    let figures =
      text.split(separator: "\n").first { $0.hasPrefix("figures") }?.split(separator: " ").dropFirst()
      .compactMap { Double($0) } ?? []
    guard figures.count == 4, figures[3] == 0 else { throw ValidationError("orders were refused: \(text)") }
    return Figures(rate: figures[0], p50: figures[1], p99: figures[2])
  }
}
