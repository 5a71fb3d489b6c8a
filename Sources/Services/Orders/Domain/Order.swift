import Contracts
import Messaging

/// What somebody wants to buy, and how far that is.
struct Order: Hashable, Sendable {
  enum Status: String, Codable, Sendable, CaseIterable {
    /// Accepted; its customer or its product is not known yet.
    case pending = "PENDING"
    case created = "CREATED"
    case failed = "FAILED"
  }

  let id: OrderID
  let userID: String
  let productCode: String
  let status: Status
  /// What the two services said; nil until the order is created.
  let details: OrderDetails?
  /// Why it failed; or why it is not created yet.
  let reason: String?
  /// The field of the request that asks for what there is not: then the order failed for good.
  let wrongField: OrderField?
  /// The attempt under way or last made; counts from 1.
  let attempt: Int
  /// Attempts of jobs before the one that has it now: each counts its own from 1.
  let earlierAttempts: Int
  let nextAttemptAt: Timestamp?
  /// Its age counts from here: from its creation, or from the redrive that took it up again.
  let triedSince: Timestamp
  let jobID: String
  let createdAt: Timestamp
  let updatedAt: Timestamp
  /// Its place in the stream of changes.
  let change: Int64

  /// - Throws: unless it can still be cancelled.
  func checkCancellable() throws(OrderError) {
    guard status == .pending else { throw .isOver(id, status) }
  }
}

/// What makes an order complete.
struct OrderDetails: Hashable, Sendable {
  let customerFullname: String
  let productName: String
  let totalAmount: Money
  /// Some of it is older than answers are held to be good, because nothing better was to be had.
  let isStale: Bool

}

/// A part of an order that another service has to know.
enum OrderField: String, Codable, Sendable {
  case user = "user_id"
  case product = "product_code"
}
