import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Testing

/// An order is taken for good, and answered whole when the two services answer in time.
@Suite struct TakingOrders {
  @Test
  func `with both services well it is created at once, told once, and asked about both at the same time`()
    async throws
  {
    try await ordering { bench, caller, shop in
      shop.hold("/users")
      shop.hold("/products")
      async let answer = caller.order(Someone.ada, "classic-box")
      // Neither waits for the other.
      await shop.requested("/users/\(Someone.ada)")
      await shop.requested("/products/classic-box")
      shop.release("/users")
      shop.release("/products")
      let created = try await answer
      #expect(created.status == .created)
      let order: ReadOrder = try created.json()
      #expect(created.headers[.location] == "/orders/\(order.id)")
      #expect(order.status == "CREATED" && order.reason == nil && order.stale == nil && order.attempt == 1)
      #expect(order.customerFullname == "Ada Lovelace" && order.productName == "Classic Box")
      #expect(created.text.contains(#""total_amount":9.99,"#))
      #expect(try await caller.order(order.id) == order)
      let told = try await bench.told(OrderCreated.self)
      #expect(told.count == 1)
      let event = try #require(told.first)
      #expect(event.key == order.id && event.producer == "orders" && event.type == "order.created")
      #expect(event.payload.order.customerFullname == "Ada Lovelace")
      #expect(event.payload.order.totalAmount == Money(minorUnits: 999))
      #expect(event.payload.order.createdAt == order.createdAt)
      #expect(try await bench.count("SELECT count(*) FROM jobs WHERE state <> 'succeeded'") == 0)
    }
  }

  @Test func `a slow product is answered with 202, and the order is created when the answer comes`()
    async throws
  {
    try await ordering([
      "ORDERS_ANSWER_WITHIN": "50", "ORDERS_SLOW_AFTER_MS": "20", "ORDERS_FRESH_S": "30",
    ]) { bench, caller, shop in
      shop.hold("/products/family-box")
      var ids: [String] = []
      for user in [Someone.ada, Someone.alan] {
        let answer = try await caller.order(user, "family-box")
        #expect(answer.status == .accepted)
        let order: ReadOrder = try answer.json()
        #expect(order.status == "PENDING" && order.totalAmount == nil)
        #expect(answer.headers[.location] == "/orders/\(order.id)")
        ids.append(order.id)
      }
      // The minute passes.
      shop.release("/products/family-box")
      try await bench.until("CREATED", 2)
      let names = try await [caller.order(ids[0]), caller.order(ids[1])].map(\.customerFullname)
      #expect(names == ["Ada Lovelace", "Alan Turing"])
      #expect(try await bench.told(OrderCreated.self).map(\.key).sorted() == ids.sorted())
      // Both waited for the same answer.
      #expect(shop.requests("/products/family-box") == 1)
    }
  }

  @Test func `a product that always fails ends as FAILED with the reason, and a redrive completes it`()
    async throws
  {
    try await ordering(["ORDERS_MAX_ATTEMPTS": "3"]) { bench, caller, shop in
      let answer = try await caller.order(Someone.ada, "veggie-box")
      #expect(answer.status == .accepted)
      let failed: ReadOrder = try answer.json()
      #expect(failed.status == "FAILED" && failed.attempt == 3)
      #expect(failed.reason == "the product service answered 500")
      let told = try await bench.told(OrderFailed.self)
      #expect(told.map(\.payload.order.reason) == ["the product service answered 500"])
      #expect(told.map(\.payload.order.userID) == [Someone.ada])
      #expect(try await bench.told(OrderCreated.self).isEmpty)
      let letters: ReadPage<Letter> = try await caller.get("/dead-letters").json()
      let letter = try #require(letters.items.first)
      #expect(letters.items.count == 1 && letter.attempts == 3)
      shop["/products/veggie-box"] = .product("veggie-box", "Veggie Box", "12.5")
      _ = try await caller.send(
        .post, "/dead-letters/redrive", #"{"ids":["\#(letter.id)"],"why":"it is back"}"#)
      try await bench.until("CREATED")
      let order = try await caller.order(failed.id)
      #expect(order.totalAmount == 12.5 && order.attempt == 1 && order.reason == nil)
      #expect(try await bench.told(OrderCreated.self).map(\.key) == [failed.id])
    }
  }

  @Test func `a service whose every other answer fails delays nobody for long`() async throws {
    try await ordering { bench, caller, shop in
      shop["/users/\(Someone.alan)"] = .failure
      shop.hold("/products/classic-box")
      async let answer = caller.order(Someone.alan, "classic-box")
      await shop.requested("/users/\(Someone.alan)", 1)
      shop["/users/\(Someone.alan)"] = .user(Someone.alan, "Alan", "Turing")
      await shop.requested("/users/\(Someone.alan)", 2)
      shop.release("/products/classic-box")
      let created = try await answer
      #expect(created.status == .created)
      #expect(try created.json(ReadOrder.self).customerFullname == "Alan Turing")
    }
  }

  @Test(arguments: [("nobody", "classic-box", "/user_id"), (Someone.ada, "nothing", "/product_code")])
  func `what a service does not know is refused with the field, and never asked for again`(
    user: String, product: String, pointer: String
  ) async throws {
    try await ordering { bench, caller, shop in
      // However slow the other is.
      let other = pointer == "/user_id" ? "/products" : "/users"
      shop.hold(other)
      let answer = try await caller.order(user, product)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointer)")
      #expect(shop.requests("/users/nobody") + shop.requests("/products/nothing") == 1)
      shop.release(other)
      let failed: ReadPage<ReadOrder> = try await caller.get("/orders?status=FAILED").json()
      #expect(failed.items.count == 1)
      #expect(try await bench.told(OrderFailed.self).map(\.key) == failed.items.map(\.id))
      // Nobody has to look at it.
      #expect(try await bench.count("SELECT count(*) FROM dead_letters") == 0)
    }
  }

  @Test(arguments: [
    (#"{"user_id":"","product_code":"a"}"#, "invalid-request /user_id"),
    (#"{"user_id":"a","product_code":".."}"#, "invalid-request /product_code"),
    (#"{"user_id":"a/b","product_code":"a"}"#, "invalid-request /user_id"),
    (#"{"user_id":"a","product_code":"a?b"}"#, "invalid-request /product_code"),
    (#"{"user_id":"a","product_code":"ä"}"#, "invalid-request /product_code"),
    (#"{"user_id":"a"}"#, "invalid-request /product_code"),
    (#"{"user_id":7,"product_code":"a"}"#, "invalid-request /user_id"),
    (#"["a"]"#, "invalid-request "),
  ])
  func `what is no order is refused and changes nothing`(body: String, problem: String) async throws {
    let bench = try ServiceBench.orders(at: "http://127.0.0.1:1")
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/orders", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == problem)
      #expect(try await bench.count("SELECT count(*) FROM orders") == 0)
      #expect(try await bench.count("SELECT count(*) FROM jobs") == 0)
    }
  }

  @Test func `a client that repeats its request twenty times at once gets one order`() async throws {
    try await ordering { bench, caller, shop in
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let answer = try await caller.order(Someone.ada, "classic-box", key: "once")
            #expect(answer.status == .created)
            return try answer.json(ReadOrder.self).id
          }
        }
        return try await group.reduce(into: [String]()) { $0.append($1) }
      }
      #expect(answers.count == 20 && Set(answers).count == 1)
      #expect(try await bench.count("SELECT count(*) FROM orders") == 1)
      #expect(try await bench.told(OrderCreated.self).count == 1)
      let other = try await caller.order(Someone.alan, "classic-box", key: "once")
      #expect(other.problem == "idempotency-key-reused")
    }
  }

  @Test func `a repeated request is answered as its order stands then`() async throws {
    try await ordering(["ORDERS_ANSWER_WITHIN": "0"]) { bench, caller, shop in
      shop.hold("/products")
      let first = try await caller.order(Someone.ada, "classic-box", key: "once")
      #expect(first.status == .accepted)
      #expect(first.headers[.replayed] == nil)
      shop.release("/products")
      try await bench.until("CREATED")
      let again = try await caller.order(Someone.ada, "classic-box", key: "once")
      #expect(again.status == .created)
      #expect(again.headers[.replayed] == "true")
      #expect(try again.json(ReadOrder.self).id == first.json(ReadOrder.self).id)
    }
  }
}

struct Letter: Decodable, Sendable {
  let id: String
  let attempts: Int
  let reason: String
}
