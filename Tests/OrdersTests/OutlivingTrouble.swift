import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Kafka
import Logging
import Messaging
import NIOCore
import ServiceLifecycle
import ServiceTesting
import Simulators
import Testing

/// Whatever a dependency does, its orders are taken, and completed when it is well again.
@Suite struct OutlivingTrouble {
  struct Trouble: CustomTestStringConvertible, Sendable {
    let name: String
    let begin: @Sendable (inout Behaviour) -> Void
    let reasons: [String]
    var testDescription: String { name }

    static let all = [
      Trouble(
        name: "down", begin: { $0.outage = .init(.unavailable, ends: .distantFuture) },
        reasons: ["answered 503", "is not asked at the moment"]),
      Trouble(
        name: "resetting", begin: { $0.dropsBefore = 1 },
        reasons: ["could not be reached", "is not asked at the moment"]),
      Trouble(name: "slow", begin: { $0.latencyMilliseconds = 600_000 }, reasons: ["slow to come"]),
      Trouble(name: "hanging", begin: { $0.hangs = 1 }, reasons: ["slow to come"]),
      Trouble(
        name: "garbage", begin: { $0.garbage = 1 },
        reasons: ["answer is not JSON", "is not asked at the moment"]),
      Trouble(
        name: "huge", begin: { $0.bigAnswers = 1 },
        reasons: ["answer is larger than 64 KiB", "is not asked at the moment"]),
      Trouble(
        name: "failing", begin: { $0.serverErrors = 1 },
        reasons: ["answered 50", "is not asked at the moment"]),
      Trouble(
        name: "throttling",
        begin: {
          $0.rate = 0.5
          $0.burst = 1
        }, reasons: ["slow to come"]),
    ]
  }

  @Test(arguments: Trouble.all, [true, false])
  func `a dependency in trouble: 202 within the time, and the order is created when it is over`(
    trouble: Trouble, isProduct: Bool
  ) async throws {
    // Only what never answers has to be given up; a busy machine takes its time over everything else.
    let timeout = ["slow", "hanging"].contains(trouble.name) ? "500" : "60000"
    let settings = [
      "ORDERS_ANSWER_WITHIN": "100", "ORDERS_SLOW_AFTER_MS": "50", "ORDERS_TIMEOUT_MS": timeout,
      "ORDERS_MAX_ATTEMPTS": "1000", "ORDERS_RETRY_MAX_MS": "50",
    ]
    try await simulated(settings) { bench, caller, users, products in
      let victim = isProduct ? products : users
      victim.change { trouble.begin(&$0) }
      if trouble.name == "throttling" {
        // The one request that it takes at once.
        _ = try await caller.order(Someone.ada, "classic-box")
      }
      let answer = try await caller.order(Someone.ada, "classic-box")
      #expect(answer.status == .accepted)
      let order: ReadOrder = try answer.json()
      #expect(order.status == "PENDING")
      // Seen on the way: the reason names the service and what it did, and nothing of where it is.
      try await bench.until {
        let reason = try await caller.order(order.id).reason ?? ""
        return trouble.reasons.contains { reason.contains($0) }
      }
      let reason = try #require(try await caller.order(order.id).reason)
      #expect(!reason.contains("127.0.0.1"))
      victim.change { $0 = Behaviour() }
      let whole: ReadOrder = try await caller.get("/orders/\(order.id)?wait=60").json()
      #expect(whole.status == "CREATED" && whole.totalAmount == Decimal(string: "9.99"))
      #expect(try await bench.told(OrderCreated.self).filter { $0.key == order.id }.count == 1)
    }
  }

  @Test func `nobody listens where a dependency should be: the order waits for it`() async throws {
    let bench = try ServiceBench.orders(at: "http://127.0.0.1:1", ["ORDERS_ANSWER_WITHIN": "200"])
    try await bench.running { caller in
      let answer = try await caller.order(Someone.ada, "classic-box")
      #expect(answer.status == .accepted)
      let id = try answer.json(ReadOrder.self).id
      try await bench.until {
        let reason = try await caller.order(id).reason ?? ""
        return reason.contains("could not be reached") || reason.contains("is not asked at the moment")
      }
    }
    // Started again where there are some, it completes what was left.
    let shop = Shop()
    try await shop.open { address in
      let again = try ServiceBench.orders(at: address, folder: bench.folder)
      try await again.running { _ in try await again.until("CREATED") }
    }
  }

  @Test(arguments: [
    (#"{"code":"other","name":"Box","price":1}"#, "answer is about another product"),
    (#"{"code":"classic-box","name":"Box","price":9.999}"#, "answer has at /price not an amount of money"),
    (#"{"code":"classic-box","name":"Box","price":"9.99"}"#, "answer has something else at /price"),
    (#"{"code":"classic-box","name":"Box","price":-1}"#, "answer has a price below zero"),
    (#"{"code":"classic-box","name":"","price":1}"#, "answer has no name"),
    (#"{"code":"classic-box","price":1}"#, "answer has no /name"),
    (#"[]"#, "answer is JSON of another kind"),
    ("null", "answer is JSON of another kind"),
  ])
  func `an answer that cannot be right is none`(body: String, reason: String) async throws {
    try await ordering(["ORDERS_MAX_ATTEMPTS": "1"]) { bench, caller, shop in
      shop["/products/classic-box"] = Shop.Answer(status: .ok, body: body)
      let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
      #expect(order.status == "FAILED")
      #expect(order.reason?.hasPrefix("the product service's \(reason)") == true, "\(order.reason ?? "")")
    }
  }

  @Test(arguments: [301, 400, 401, 403, 410])
  func `an answer that will not get better is not asked for again`(status: Int) async throws {
    try await ordering { bench, caller, shop in
      shop["/users/\(Someone.ada)"] = Shop.Answer(status: .init(code: status), body: "{}")
      let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
      #expect(order.status == "FAILED" && order.reason == "the user service answered \(status)")
      #expect(shop.requests("/users/\(Someone.ada)") == 1)
    }
  }

  @Test func `with the broker away orders are created all the same, and told when it is back`() async throws {
    try await ordering(onTheWire: true) { bench, caller, shop in
      let broker = try #require(bench.broker)
      broker.takeDown()
      #expect(try await caller.order(Someone.ada, "classic-box").status == .created)
      #expect(try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 0)
      broker.bringUp()
      try await bench.until {
        try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 1
      }
    }
  }

  @Test func `the six use cases, five hundred mixed at once`() async throws {
    let settings = [
      "ORDERS_ANSWER_WITHIN": "700", "ORDERS_SLOW_AFTER_MS": "500", "ORDERS_MAX_ATTEMPTS": "4",
      "ORDERS_RETRY_MAX_MS": "200", "ORDERS_FRESH_S": "30",
    ]
    try await simulated(settings, slow: 1500) { bench, caller, users, products in
      let boxes = ["classic-box", "family-box", "veggie-box"]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<500 {
          group.addTask {
            let user = number.isMultiple(of: 2) ? Someone.ada : Someone.alan
            let box = boxes[number / 2 % 3]
            let answer = try await caller.order(user, box)
            #expect(answer.status == .created || answer.status == .accepted)
            let id = try answer.json(ReadOrder.self).id
            let order: ReadOrder = try await caller.get("/orders/\(id)?wait=60").json()
            #expect(order.status == (box == "veggie-box" ? "FAILED" : "CREATED"), "\(order)")
            #expect((order.reason == nil) == (box != "veggie-box"))
          }
        }
        try await group.waitForAll()
      }
      let created = try await bench.told(OrderCreated.self)
      let failed = try await bench.told(OrderFailed.self)
      #expect(Set(created.map(\.key)).count == created.count && Set(failed.map(\.key)).count == failed.count)
      #expect(created.count + failed.count == 500)
      #expect(failed.count == (0..<500).count { $0 / 2 % 3 == 2 })
    }
  }
}

/// Runs the order service with both simulators around `test`.
///
/// - Parameter slow: how long the slow product takes, in milliseconds.
func simulated(
  _ settings: [String: String], slow: Int = 60_000,
  _ test: @Sendable (ServiceBench, Caller, _ users: ShopState, _ products: ShopState) async throws -> Void
) async throws {
  let (ports, listening) = AsyncStream.makeStream(of: (isProduct: Bool, port: Int).self)
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  var configuration = ShopConfiguration()
  configuration.slowMilliseconds = slow
  let users = UserSimulator(configuration: configuration, logger: logger) { listening.yield((false, $0)) }
  let products = ProductSimulator(configuration: configuration, logger: logger) {
    listening.yield((true, $0))
  }
  let group = ServiceGroup(services: [users, products], logger: logger)
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask {
      defer { listening.finish() }
      try await group.run()
    }
    var addresses: [Bool: String] = [:]
    for await (isProduct, port) in ports {
      addresses[isProduct] = "http://127.0.0.1:\(port)"
      if addresses.count == 2 { break }
    }
    let result: Result<Void, any Error>
    do {
      let (user, product) = (try #require(addresses[false]), try #require(addresses[true]))
      let bench = try ServiceBench.orders(
        at: user, ["ORDERS_PRODUCT_URL": product].merging(settings) { $1 })
      try await bench.running { try await test(bench, $0, users.state, products.state) }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
    try result.get()
  }
}
