import Foundation
import NIOHTTP1
import Storage
import Testing

/// Orders through processes that die, and services that are not there.
@Suite("Completing orders through crashes", .serialized, .timeLimit(.minutes(5)))
struct OrderJourneys {
  private static let settings = [
    "PRODUCT_SIMULATOR_SLOW_MS": "1500", "ORDERS_RETRY_FIRST_MS": "20", "ORDERS_RETRY_MAX_MS": "200",
    "ORDERS_MAX_ATTEMPTS": "4", "ORDERS_SLOW_AFTER_MS": "400",
  ]

  @Test
  func `killed with orders pending: after the restart each ends, and each that is created is told once`()
    async throws
  {
    let stack = try Stack(environment: Self.settings.merging(["ORDERS_ANSWER_WITHIN": "0"]) { $1 })
    var taken: Set<String> = []
    for round in 0..<3 {
      let child = try await stack.start()
      for number in 0..<20 {
        let (user, box) = (Self.users[number % 2], Self.boxes[number % 3])
        taken.insert(try await stack.order(user, box, key: "\(round)-\(number)"))
      }
      child.signal(SIGKILL)
      #expect(await child.exit().signal == SIGKILL)
    }
    #expect(taken.count == 60)
    try await stack.start()
    try await stack.until("none is pending") { try await stack.orders("PENDING").isEmpty }
    let (created, failed) = (try await stack.orders("CREATED"), try await stack.orders("FAILED"))
    #expect(created.union(failed) == taken && created.isDisjoint(with: failed))
    // Of twenty, every third is a box that always fails.
    #expect(failed.count == 3 * 6)
    let store = "\(stack.folder)/orders.sqlite"
    for (type, count) in [("order.created.v1", created.count), ("order.failed.v1", failed.count)] {
      #expect(try Peek.count(store, "SELECT count(*) FROM outbox WHERE type = '\(type)'") == count)
      #expect(try Peek.count(store, "SELECT count(DISTINCT key) FROM outbox WHERE type = '\(type)'") == count)
    }
  }

  struct Point: CustomTestStringConvertible, Sendable {
    let setting: String
    var testDescription: String { setting }

    // Orders listen to no events.
    static let all = Failpoint.allCases.filter { !$0.rawValue.hasPrefix("subscription") }.flatMap { place in
      [1, 5].map { Point(setting: "orders:\(place.rawValue):\($0)") }
    }
  }

  @Test(arguments: Point.all)
  func `killed at a named point: the client that asks again has its order, once`(point: Point) async throws {
    let stack = try Stack(environment: Self.settings)
    let doomed = try await stack.start(with: ["WAYBILL_CRASH_AT": point.setting])
    let restarted = Task {
      let exit = await doomed.exit()
      if exit.signal == SIGKILL { try await stack.start() }
      return exit
    }
    var ids: Set<String> = []
    for number in 0..<6 {
      try await stack.until("order \(number) is taken") {
        ids.insert(try await stack.order(Self.users[0], "classic-box", key: "order-\(number)"))
        return true
      }
    }
    try await stack.until("all are created") { try await stack.orders("CREATED").count == 6 }
    doomed.signal(SIGTERM)
    let exit = try await restarted.value
    #expect(exit.signal == SIGKILL, "the process did not die at \(point.setting)")
    #expect(try await stack.orders("CREATED") == ids && ids.count == 6)
    #expect(
      try Peek.count(
        "\(stack.folder)/orders.sqlite", "SELECT count(*) FROM outbox WHERE type = 'order.created.v1'") == 6)
  }

  @Test func `told to stop while requests wait: they are answered, and the orders are completed afterwards`()
    async throws
  {
    let stack = try Stack(environment: Self.settings.merging(["ORDERS_ANSWER_WITHIN": "30000"]) { $1 })
    let child = try await stack.start(with: ["PRODUCT_SIMULATOR_SLOW_MS": "600000"])
    async let waiting = stack.send(
      .POST, "orders", "/orders", json: #"{"user_id":"\#(Self.users[0])","product_code":"family-box"}"#)
    try await stack.until("it is pending") { try await stack.orders("PENDING").count == 1 }
    child.signal(SIGTERM)
    let answer = try await waiting
    #expect(answer.status == 202 && answer["status"] == "PENDING")
    #expect(await child.exit() == ChildProcess.Exit(status: 0, signal: nil))
    try await stack.start()
    try await stack.until("it is created") { try await stack.orders("CREATED").count == 1 }
  }

  private static let users = ["7c11e1ce2741", "e6f24d7d1c7e"]
  private static let boxes = ["classic-box", "family-box", "veggie-box"]
}

extension Stack {
  func order(_ user: String, _ box: String, key: String) async throws -> String {
    let answer = try await send(
      .POST, "orders", "/orders", json: #"{"user_id":"\#(user)","product_code":"\#(box)"}"#,
      headers: ["Idempotency-Key": key])
    guard [201, 202].contains(answer.status), let id = answer["id"] else { throw Refused(answer: answer) }
    return id
  }

  func orders(_ status: String) async throws -> Set<String> {
    let items = try await send(.GET, "orders", "/orders?status=\(status)&limit=500").items
    return Set(items.compactMap { $0["id"] as? String })
  }
}
