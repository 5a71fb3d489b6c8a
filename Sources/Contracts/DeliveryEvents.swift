public import Messaging

public enum DeliveryState: String, Codable, Sendable, CaseIterable {
  case new = "NEW"
  case delivered = "DELIVERED"
}

/// A delivery exists. Published again by a reconciliation, and when an old delivery gets its workflow.
public struct DeliveryCreated: Event, Hashable {
  public static let name = "delivery.created.v1"
  public static let topic = Topic("delivery.created")

  public let id: DeliveryID
  /// Nil for a delivery that stands alone.
  public let workflowId: WorkflowID?
  public let name: String
  public let createdAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: DeliveryID, workflowId: WorkflowID?, name: String, createdAt: Timestamp) {
    self.id = id
    self.workflowId = workflowId
    self.name = name
    self.createdAt = createdAt
  }
}

/// A delivery was sent. Published again by a reconciliation.
public struct DeliverySent: Event, Hashable {
  public static let name = "delivery.sent.v1"
  public static let topic = Topic("delivery.sent")

  public let id: DeliveryID
  /// Nil for a delivery that stands alone.
  public let workflowId: WorkflowID?
  public let sentAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: DeliveryID, workflowId: WorkflowID?, sentAt: Timestamp) {
    self.id = id
    self.workflowId = workflowId
    self.sentAt = sentAt
  }
}
