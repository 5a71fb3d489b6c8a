import Contracts
import Messaging

struct NewWorkflow: Decodable, Sendable {
  let name: String
}

struct TaskChange: Decodable, Sendable {
  let state: TaskState
}

struct WorkflowAnswer: Encodable, Sendable {
  struct LinkedDelivery: Encodable, Sendable {
    let id: DeliveryID
    let state: DeliveryState
  }

  let id: WorkflowID
  let name: String
  let createdAt: Timestamp
  let updatedAt: Timestamp
  let delivery: LinkedDelivery?

  init(_ workflow: Workflow) {
    id = workflow.id
    name = workflow.name
    createdAt = workflow.createdAt
    updatedAt = workflow.updatedAt
    delivery = workflow.delivery.map { LinkedDelivery(id: $0.id, state: $0.state) }
  }

  private enum CodingKeys: CodingKey {
    case id, name, createdAt, updatedAt, delivery
  }

  // Written out because the contract says null, not absent, for a delivery that is not there yet.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(updatedAt, forKey: .updatedAt)
    try container.encode(delivery, forKey: .delivery)
  }
}

struct TaskAnswer: Encodable, Sendable {
  let name: TaskName
  let state: TaskState
  let updatedAt: Timestamp

  init(_ task: WorkflowTask) {
    name = task.name
    state = task.state
    updatedAt = task.updatedAt
  }
}
