import Contracts
import Foundation
import HTTPTypes
import Hosting
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

/// What is slow or broken holds up nobody else's order.
@Suite struct StandingApart {
  private static let impatient = ["ORDERS_ANSWER_WITHIN": "0", "ORDERS_SLOW_AFTER_MS": "20"]

  private func whole(_ caller: Caller, _ id: String) async throws -> ReadOrder {
    try await caller.get("/orders/\(id)?wait=30").json()
  }

  @Test func `hundreds that wait for one slow product ask once, and the others are created meanwhile`()
    async throws
  {
    try await ordering(Self.impatient) { bench, caller, shop in
      shop.hold("/products/family-box")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<300 {
          group.addTask {
            let answer = try await caller.order(Someone.ada, "family-box")
            #expect(answer.status == .accepted)
          }
        }
        try await group.waitForAll()
      }
      for _ in 0..<20 {
        let order: ReadOrder = try await caller.order(Someone.alan, "classic-box").json()
        #expect(try await whole(caller, order.id).status == "CREATED")
      }
      #expect(shop.requests("/products/family-box") == 1)
      shop.release("/products/family-box")
      try await bench.until("CREATED", 320)
      #expect(try await bench.told(OrderCreated.self).count == 320)
    }
  }

  @Test func `more slow products than may be slow at once hold up no other product`() async throws {
    try await ordering(["ORDERS_ANSWER_WITHIN": "0", "ORDERS_SLOW_AFTER_MS": "500"]) { bench, caller, shop in
      shop.hold("/products/slow")
      let codes = (0..<300).map { "slow-\($0)" }
      for code in codes { shop["/products/\(code)"] = .product(code, "Slow", "1") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for code in codes { group.addTask { _ = try await caller.order(Someone.ada, code) } }
        try await group.waitForAll()
      }
      for _ in 0..<10 {
        let order: ReadOrder = try await caller.order(Someone.alan, "classic-box").json()
        #expect(try await whole(caller, order.id).status == "CREATED")
      }
      let state: ReadDependencies = try await caller.get("/dependencies").json()
      #expect(state.items.map(\.name) == ["the user service", "the product service"])
      #expect(state.items[1].slow <= 64)
      shop.release("/products/slow")
      try await bench.until("CREATED", 310)
      #expect(try await bench.count("SELECT max(attempt) FROM orders") == 1)
    }
  }

  @Test func `one product that always fails does not close the way to the others`() async throws {
    try await ordering(Self.impatient) { bench, caller, shop in
      for _ in 0..<30 { _ = try await caller.order(Someone.ada, "veggie-box") }
      await shop.requested("/products/veggie-box", 30)
      let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
      #expect(try await whole(caller, order.id).attempt == 1)
      let state: ReadDependencies = try await caller.get("/dependencies").json()
      #expect(state.items.map(\.circuit) == ["closed", "closed"])
    }
  }

  @Test(arguments: [("600", 1), ("0", 3)])
  func `an answer is remembered as long as the setting says`(seconds: String, requests: Int) async throws {
    try await ordering(["ORDERS_FRESH_S": seconds]) { bench, caller, shop in
      for _ in 0..<3 {
        let answer = try await caller.order(Someone.ada, "classic-box")
        #expect(answer.status == .created)
      }
      #expect(shop.requests("/products/classic-box") == requests)
      #expect(shop.requests("/users/\(Someone.ada)") == requests)
    }
  }

  @Test func `an old answer stands in only when that is allowed, and is marked`() async throws {
    for (stale, expected) in [("0", "FAILED"), ("600", "CREATED")] {
      try await ordering(["ORDERS_STALE_S": stale, "ORDERS_MAX_ATTEMPTS": "1"]) { bench, caller, shop in
        let good: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
        #expect(good.stale == nil)
        shop["/products/classic-box"] = .failure
        let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
        #expect(order.status == expected)
        #expect(order.stale == (stale == "0" ? nil : true))
      }
    }
  }

  @Test func `an old answer stands in for one that is slow to come`() async throws {
    try await ordering(["ORDERS_STALE_S": "600", "ORDERS_SLOW_AFTER_MS": "1000"]) { bench, caller, shop in
      _ = try await caller.order(Someone.ada, "classic-box")
      shop.hold("/products")
      let answer = try await caller.order(Someone.ada, "classic-box")
      #expect(answer.status == .created)
      #expect(try answer.json(ReadOrder.self).stale == true)
    }
  }

  @Test func `an order that is too old is given up, and its time begins anew when it is redriven`()
    async throws
  {
    let clock = TestClock()
    try await ordering(
      ["ORDERS_ANSWER_WITHIN": "0", "ORDERS_RETRY_MAX_MS": "1"], clock: clock.read
    ) { bench, caller, shop in
      shop.hold("/products")
      let order: ReadOrder = try await caller.order(Someone.ada, "veggie-box").json()
      await shop.requested("/products/veggie-box")
      clock.pass(.seconds(300))
      shop.release("/products")
      let failed = try await whole(caller, order.id)
      #expect(failed.status == "FAILED" && failed.attempt == 1)
      #expect(
        failed.reason == "the product service answered 500, and the order is too old to go on")
      shop["/products/veggie-box"] = .product("veggie-box", "Veggie Box", "1")
      let letters: ReadPage<Letter> = try await caller.get("/dead-letters").json()
      let id = try #require(letters.items.first?.id)
      _ = try await caller.send(.post, "/dead-letters/redrive", #"{"ids":["\#(id)"],"why":"it is back"}"#)
      try await bench.until("CREATED")
    }
  }

  @Test(arguments: [
    ["ORDERS_ANSWER_WITHIN": "-1"], ["ORDERS_MAX_ATTEMPTS": "0"], ["ORDERS_MAX_AGE_S": "soon"],
    ["ORDERS_PRODUCT_URL": "ftp://x"], ["ORDERS_USER_URL": "http://x?y"], ["ORDERS_FRESH_S": "-1"],
  ])
  func `a wrong setting is refused by its name`(settings: [String: String]) throws {
    let error = #expect(throws: SettingError.self) {
      try ServiceBench.orders(at: "http://127.0.0.1:1", settings)
    }
    #expect(settings.keys.contains(try #require(error).key))
  }
}

struct ReadDependencies: Decodable, Sendable {
  struct Item: Decodable, Sendable {
    let name: String
    let circuit: String
    let slow: Int
  }

  let items: [Item]
}
