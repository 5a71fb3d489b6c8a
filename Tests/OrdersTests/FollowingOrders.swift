import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Messaging
import NIOCore
import ServiceTesting
import Testing

/// Whoever was told 202 finds out what became of the order.
@Suite struct FollowingOrders {
  /// With an order that waits for its product.
  private func pending(
    _ test: @Sendable (ServiceBench, Caller, Shop, ReadOrder) async throws -> Void
  ) async throws {
    try await ordering(["ORDERS_ANSWER_WITHIN": "0"]) { bench, caller, shop in
      shop.hold("/products")
      let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
      await shop.requested("/products/classic-box")
      try await test(bench, caller, shop, order)
    }
  }

  @Test func `a wait ends when the order is over`() async throws {
    try await pending { _, caller, shop, order in
      async let waiting = caller.get("/orders/\(order.id)?wait=30")
      shop.release("/products")
      #expect(try await waiting.json(ReadOrder.self).status == "CREATED")
      let after = try await caller.get("/orders/\(order.id)?wait=30")
      #expect(try after.json(ReadOrder.self).status == "CREATED")
    }
  }

  @Test func `a wait that is over answers with the order as it is`() async throws {
    try await pending { _, caller, _, order in
      let answer = try await caller.get("/orders/\(order.id)?wait=0")
      #expect(try answer.json(ReadOrder.self).status == "PENDING")
      for wrong in ["x", "-1", "61", "1.5"] {
        #expect(try await caller.get("/orders/\(order.id)?wait=\(wrong)").problem == "invalid-request /wait")
      }
      #expect(try await caller.get("/orders/none").problem == "not-found")
    }
  }

  @Test func `who knows the order as it is gets 304, and waits for another`() async throws {
    try await pending { bench, caller, shop, order in
      let path = "/orders/\(order.id)"
      let tag = try #require(try await caller.get(path).headers[.eTag])
      for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let answer = try await caller.get(path, knowing: known)
        #expect(answer.status == .notModified, "\(known)")
        #expect(answer.headers[.eTag] == tag && answer.body.readableBytes == 0)
      }
      #expect(try await caller.get(path, knowing: "\"x\"").status == .ok)
      async let waiting = caller.get("\(path)?wait=30", knowing: tag)
      shop.release("/products")
      let changed = try await waiting
      #expect(changed.status == .ok && changed.headers[.eTag] != tag)
      #expect(try changed.json(ReadOrder.self).status == "CREATED")
    }
  }

  @Test func `orders are found by user and by state, the newest first, a page at a time`() async throws {
    try await ordering(["ORDERS_MAX_ATTEMPTS": "1"]) { bench, caller, shop in
      var ids: [String] = []
      for product in ["classic-box", "veggie-box", "classic-box"] {
        for user in [Someone.ada, Someone.alan] {
          ids.append(try await caller.order(user, product).json(ReadOrder.self).id)
        }
      }
      func found(_ query: String) async throws -> [String] {
        try await caller.get("/orders\(query)").json(ReadPage<ReadOrder>.self).items.map(\.id)
      }
      #expect(try await found("") == ids.reversed())
      #expect(try await found("?user_id=\(Someone.alan)") == [ids[5], ids[3], ids[1]])
      #expect(try await found("?status=FAILED") == [ids[3], ids[2]])
      #expect(try await found("?status=CREATED&user_id=\(Someone.ada)") == [ids[4], ids[0]])
      #expect(try await found("?status=PENDING").isEmpty)
      let first: ReadPage<ReadOrder> = try await caller.get("/orders?limit=4").json()
      let next = try #require(first.next)
      #expect(first.items.map(\.id) == Array(ids.reversed().prefix(4)))
      #expect(try await found("?limit=4&cursor=\(next)") == Array(ids.reversed().suffix(2)))
      #expect(try await caller.get("/orders?status=OPEN").problem == "invalid-request /status")
    }
  }

  @Test func `changes are streamed as they happen, and again from where a client was`() async throws {
    try await ordering(["ORDERS_ANSWER_WITHIN": "0"]) { bench, caller, shop in
      let url = await bench.address() + "/orders/stream"
      let token = try await bench.token("ada")
      let stream = try await EventReader(url, token: token)
      shop.hold("/products")
      let order: ReadOrder = try await caller.order(Someone.ada, "classic-box").json()
      var events = stream.makeAsyncIterator()
      let first = try #require(try await events.next())
      #expect(first.event == "order.changed")
      #expect(try first.decode(ReadOrder.self).status == "PENDING")
      shop.release("/products")
      let second = try #require(try await events.next())
      #expect(try second.decode(ReadOrder.self).status == "CREATED")
      var again = try await EventReader(url, token: token, after: first.id).makeAsyncIterator()
      #expect(try await again.next() == second)
      #expect(try second.decode(ReadOrder.self).id == order.id)
    }
  }

  @Test func `a pending order can be cancelled, and whatever comes after changes nothing`() async throws {
    try await pending { bench, caller, shop, order in
      let answer = try await caller.send(.post, "/orders/\(order.id)/cancel", "")
      #expect(answer.status == .ok)
      let cancelled: ReadOrder = try answer.json()
      #expect(cancelled.status == "FAILED" && cancelled.reason == "cancelled by ada")
      shop.release("/products")
      try await bench.until {
        try await bench.count("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')") == 0
      }
      #expect(try await caller.order(order.id).status == "FAILED")
      #expect(try await bench.told(OrderFailed.self).map(\.key) == [order.id])
      #expect(try await bench.told(OrderCreated.self).isEmpty)
      let again = try await caller.send(.post, "/orders/\(order.id)/cancel", "")
      #expect(again.problem == "order-is-over")
      #expect(try await caller.send(.post, "/orders/none/cancel", "").problem == "not-found")
    }
  }

  @Test func `every route wants a token, a good one, with its scope`() async throws {
    try await ServiceBench.orders(at: "http://127.0.0.1:1").expectGuarded([
      .init(.get, "/orders", "orders:read"), .init(.post, "/orders", "orders:write"),
      .init(.get, "/orders/x", "orders:read"), .init(.get, "/orders/stream", "orders:read"),
      .init(.post, "/orders/x/cancel", "orders:write"), .init(.get, "/dependencies", "orders:read"),
    ])
  }

  @Test func `what is too large, no JSON or said to be none is not read`() async throws {
    try await ServiceBench.orders(at: "http://127.0.0.1:1").expectNothingRead(
      by: "/orders", good: #"{"user_id":"ada","product_code":"box"}"#)
  }
}

extension Caller {
  fileprivate func get(_ uri: String, knowing tag: String) async throws -> TestResponse {
    try await client.execute(
      uri: uri, method: .get, headers: [.authorization: "Bearer \(token)", .ifNoneMatch: tag], body: nil)
  }
}
