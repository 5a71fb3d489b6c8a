import Contracts
import Messaging

/// A piece of work in three steps, the last of which is its delivery.
struct Workflow: Hashable, Sendable {
  /// What is known here of the delivery that belongs to the workflow.
  struct LinkedDelivery: Hashable, Sendable {
    let id: DeliveryID
    let state: DeliveryState
  }

  /// In Unicode scalars: a single character may be made of a megabyte of them, which no broker takes.
  static let longestName = 200

  let id: WorkflowID
  let name: String
  let createdAt: Timestamp
  private(set) var updatedAt: Timestamp
  private(set) var delivery: LinkedDelivery?

  init(id: WorkflowID, name: String, createdAt: Timestamp, updatedAt: Timestamp, delivery: LinkedDelivery?) {
    self.id = id
    self.name = name
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.delivery = delivery
  }

  /// A new workflow, with its three tasks.
  static func create(
    _ id: WorkflowID, named name: String, at now: Timestamp
  ) throws(WorkflowError) -> (Workflow, [WorkflowTask]) {
    guard name.contains(where: { !$0.isWhitespace }) else { throw .nameIsEmpty }
    guard name.unicodeScalars.count <= longestName else { throw .nameIsTooLong }
    let workflow = Workflow(id: id, name: name, createdAt: now, updatedAt: now, delivery: nil)
    let tasks = TaskName.allCases.map {
      WorkflowTask(workflowID: workflow.id, name: $0, state: .new, updatedAt: now)
    }
    return (workflow, tasks)
  }

  /// Notes what became of the delivery; it never goes back from DELIVERED.
  /// - Returns: whether anything changed.
  mutating func link(_ id: DeliveryID, _ state: DeliveryState, at now: Timestamp) throws(WorkflowError)
    -> Bool
  {
    if let delivery {
      guard delivery.id == id else { throw .belongsToAnotherDelivery(delivery.id) }
      guard delivery.state == .new, state == .delivered else { return false }
    }
    delivery = LinkedDelivery(id: id, state: state)
    updatedAt = now
    return true
  }

  mutating func touch(at now: Timestamp) { updatedAt = now }

  var created: WorkflowCreated { WorkflowCreated(id: id, name: name, createdAt: createdAt) }
}
