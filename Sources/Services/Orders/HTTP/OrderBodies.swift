import Contracts
import HTTPAPI
import Messaging

struct NewOrder: Decodable, Sendable {
  let userID: String
  let productCode: String

  private enum CodingKeys: String, CodingKey {
    case userID = "user_id"
    case productCode = "product_code"
  }
}

struct OrderAnswer: Encodable, Sendable {
  private let order: Order

  init(_ order: Order) {
    self.order = order
  }

  private enum CodingKeys: String, CodingKey {
    case id
    case userID = "user_id"
    case productCode = "product_code"
    case customerFullname = "customer_fullname"
    case productName = "product_name"
    case totalAmount = "total_amount"
    case isStale = "stale"
    case status, reason, attempt
    case nextAttemptAt = "next_attempt_at"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(order.id, forKey: .id)
    try container.encode(order.userID, forKey: .userID)
    try container.encode(order.productCode, forKey: .productCode)
    if let details = order.details {
      try container.encode(details.customerFullname, forKey: .customerFullname)
      try container.encode(details.productName, forKey: .productName)
      try container.encode(details.totalAmount, forKey: .totalAmount)
      // Only said when it is so.
      if details.isStale { try container.encode(true, forKey: .isStale) }
    }
    try container.encode(order.status, forKey: .status)
    try container.encodeIfPresent(order.reason, forKey: .reason)
    try container.encode(order.attempt, forKey: .attempt)
    try container.encodeIfPresent(order.nextAttemptAt, forKey: .nextAttemptAt)
    try container.encode(order.createdAt, forKey: .createdAt)
    try container.encode(order.updatedAt, forKey: .updatedAt)
  }
}

struct DependenciesAnswer: Encodable, Sendable {
  let items: [DependencyState]
}
