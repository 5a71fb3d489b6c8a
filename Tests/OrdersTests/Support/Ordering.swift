import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import Hosting
import HummingbirdTesting
import Messaging
import Orders
import ServiceTesting
import Storage
import Testing

enum Someone {
  static let ada = "7c11e1ce2741"
  static let alan = "e6f24d7d1c7e"
}

/// An order as a client reads it.
struct ReadOrder: Decodable, Equatable, Sendable {
  let id: String
  let userID: String
  let productCode: String
  let customerFullname: String?
  let productName: String?
  let totalAmount: Decimal?
  let stale: Bool?
  let status: String
  let reason: String?
  let attempt: Int
  let nextAttemptAt: Timestamp?
  let createdAt: Timestamp

  private enum CodingKeys: String, CodingKey {
    case id, stale, status, reason, attempt
    case userID = "user_id"
    case productCode = "product_code"
    case customerFullname = "customer_fullname"
    case productName = "product_name"
    case totalAmount = "total_amount"
    case nextAttemptAt = "next_attempt_at"
    case createdAt = "created_at"
  }
}

extension ServiceBench {
  /// The order service. What fails is tried again at once; nothing is remembered or slow, and no broker is there,
  /// unless `settings` say otherwise.
  static func orders(
    at shop: String, _ settings: [String: String] = [:], folder: String? = nil, onTheWire: Bool = false,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws -> ServiceBench {
    let quick = [
      "ORDERS_PRODUCT_URL": shop, "ORDERS_USER_URL": shop, "ORDERS_FRESH_S": "0",
      "ORDERS_RETRY_FIRST_MS": "1",
      "ORDERS_RETRY_MAX_MS": "5", "ORDERS_ANSWER_WITHIN": "60000", "ORDERS_SLOW_AFTER_MS": "60000",
    ]
    return try ServiceBench(
      scopes: ["orders:read", "orders:write", "dead-letters:read", "dead-letters:write"],
      settings: quick.merging(settings) { $1 }, folder: folder, onTheWire: onTheWire, clock: clock,
      OrdersService.host)
  }

  /// Waits until so many orders have a status.
  func until(
    _ status: String, _ count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await until(sourceLocation: sourceLocation) {
      try await self.count("SELECT count(*) FROM orders WHERE status = '\(status)'") == count
    }
  }

  func told<Fact: Event>(_ type: Fact.Type) async throws -> [Fact] {
    try await published().filter { $0.type == Fact.name }.map { try $0.decode() }
  }
}

extension Caller {
  func order(
    _ user: String, _ product: String, key: String? = nil
  ) async throws -> TestResponse {
    try await send(.post, "/orders", #"{"user_id":"\#(user)","product_code":"\#(product)"}"#, key: key)
  }

  func order(_ id: String) async throws -> ReadOrder { try await get("/orders/\(id)").json() }
}

/// Runs the order service with a shop around `test`.
func ordering(
  _ settings: [String: String] = [:], onTheWire: Bool = false,
  clock: @escaping @Sendable () -> Timestamp = { .now },
  _ test: @Sendable (ServiceBench, Caller, Shop) async throws -> Void
) async throws {
  let shop = Shop()
  try await shop.open { address in
    let bench = try ServiceBench.orders(at: address, settings, onTheWire: onTheWire, clock: clock)
    try await bench.running { caller in try await test(bench, caller, shop) }
  }
}
