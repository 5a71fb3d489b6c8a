import Contracts
import Messaging

struct NewDelivery: Decodable, Sendable {
  let name: String
}

struct DeliveryChange: Decodable, Sendable {
  let state: DeliveryState
}

struct WorkflowLink: Decodable, Sendable {
  let workflowId: WorkflowID
}

struct DeliveryAnswer: Encodable, Sendable {
  let id: DeliveryID
  let workflowId: WorkflowID?
  let name: String
  let state: DeliveryState
  let createdAt: Timestamp
  let updatedAt: Timestamp

  init(_ delivery: Delivery) {
    id = delivery.id
    workflowId = delivery.workflowID
    name = delivery.name
    state = delivery.state
    createdAt = delivery.createdAt
    updatedAt = delivery.updatedAt
  }

  private enum CodingKeys: CodingKey {
    case id, workflowId, name, state, createdAt, updatedAt
  }

  // Written out because the contract says null, not absent, for a delivery that stands alone.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(workflowId, forKey: .workflowId)
    try container.encode(name, forKey: .name)
    try container.encode(state, forKey: .state)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(updatedAt, forKey: .updatedAt)
  }
}
