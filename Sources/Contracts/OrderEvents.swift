public import Messaging

/// An order is complete: its customer and its product are known.
public struct OrderCreated: Event, Hashable {
  public static let name = "order.created.v1"
  public static let topic = Topic("order.created")

  /// The service that says so: `"orders"`.
  public let producer: String
  public let sentAt: Timestamp
  /// `"order.created"`.
  public let type: String
  public let payload: OrderCreatedPayload

  public var key: String { "\(payload.order.id)" }

  private enum CodingKeys: String, CodingKey {
    case producer
    case sentAt = "sent_at"
    case type, payload
  }

  public init(_ order: CreatedOrder, by producer: String, at sentAt: Timestamp) {
    self.producer = producer
    self.sentAt = sentAt
    type = Self.topic.name
    payload = OrderCreatedPayload(order: order)
  }
}

public struct OrderCreatedPayload: Codable, Hashable, Sendable {
  public let order: CreatedOrder
}

public struct CreatedOrder: Codable, Hashable, Sendable {
  public let id: OrderID
  /// First name, space, last name.
  public let customerFullname: String
  public let productName: String
  public let totalAmount: Money
  public let createdAt: Timestamp

  private enum CodingKeys: String, CodingKey {
    case id = "order_id"
    case customerFullname = "customer_fullname"
    case productName = "product_name"
    case totalAmount = "total_amount"
    case createdAt = "created_at"
  }

  public init(
    id: OrderID, customerFullname: String, productName: String, totalAmount: Money, createdAt: Timestamp
  ) {
    self.id = id
    self.customerFullname = customerFullname
    self.productName = productName
    self.totalAmount = totalAmount
    self.createdAt = createdAt
  }
}

/// An order was given up: it ran out of attempts or of time, or asked for what there is not, or was cancelled. One
/// that ran out can be redriven, and be created after all.
public struct OrderFailed: Event, Hashable {
  public static let name = "order.failed.v1"
  public static let topic = Topic("order.failed")

  public let producer: String
  public let sentAt: Timestamp
  /// `"order.failed"`.
  public let type: String
  public let payload: OrderFailedPayload

  public var key: String { "\(payload.order.id)" }

  private enum CodingKeys: String, CodingKey {
    case producer
    case sentAt = "sent_at"
    case type, payload
  }

  public init(_ order: FailedOrder, by producer: String, at sentAt: Timestamp) {
    self.producer = producer
    self.sentAt = sentAt
    type = Self.topic.name
    payload = OrderFailedPayload(order: order)
  }
}

public struct OrderFailedPayload: Codable, Hashable, Sendable {
  public let order: FailedOrder
}

public struct FailedOrder: Codable, Hashable, Sendable {
  public let id: OrderID
  public let userID: String
  public let productCode: String
  /// A sentence for people.
  public let reason: String
  public let createdAt: Timestamp

  private enum CodingKeys: String, CodingKey {
    case id = "order_id"
    case userID = "user_id"
    case productCode = "product_code"
    case reason
    case createdAt = "created_at"
  }

  public init(id: OrderID, userID: String, productCode: String, reason: String, createdAt: Timestamp) {
    self.id = id
    self.userID = userID
    self.productCode = productCode
    self.reason = reason
    self.createdAt = createdAt
  }
}
