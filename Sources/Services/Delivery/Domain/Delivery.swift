import Contracts
import Messaging

/// Something to be handed over to a client, usually at the end of a workflow.
struct Delivery: Hashable, Sendable {
  /// In Unicode scalars: a single character may be made of a megabyte of them, which no broker takes.
  static let longestName = 200
  static let longestWorkflowID = 100

  let id: DeliveryID
  /// Nil for a delivery that stands alone.
  private(set) var workflowID: WorkflowID?
  let name: String
  private(set) var state: DeliveryState
  let createdAt: Timestamp
  private(set) var updatedAt: Timestamp
  private(set) var sentAt: Timestamp?

  init(
    id: DeliveryID, workflowID: WorkflowID?, name: String, state: DeliveryState, createdAt: Timestamp,
    updatedAt: Timestamp, sentAt: Timestamp?
  ) {
    self.id = id
    self.workflowID = workflowID
    self.name = name
    self.state = state
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.sentAt = sentAt
  }

  static func create(
    _ id: DeliveryID, named name: String, for workflow: WorkflowID?, at now: Timestamp
  ) throws(DeliveryError) -> Delivery {
    guard name.contains(where: { !$0.isWhitespace }) else { throw .nameIsEmpty }
    guard name.unicodeScalars.count <= longestName else { throw .nameIsTooLong }
    return Delivery(
      id: id, workflowID: workflow, name: name, state: .new, createdAt: now, updatedAt: now,
      sentAt: nil)
  }

  /// - Returns: whether anything changed; a delivery is sent once.
  mutating func send(at now: Timestamp) -> Bool {
    guard state == .new else { return false }
    state = .delivered
    sentAt = now
    updatedAt = now
    return true
  }

  /// NEW to DELIVERED, never back.
  /// - Returns: whether anything changed.
  mutating func move(to state: DeliveryState, at now: Timestamp) throws(DeliveryError) -> Bool {
    switch state {
    case .delivered: return send(at: now)
    case .new:
      guard self.state == .new else { throw .alreadyDelivered }
      return false
    }
  }

  /// Gives a delivery that was made before the two were linked its workflow.
  /// - Returns: whether anything changed.
  mutating func link(to workflow: WorkflowID, at now: Timestamp) throws(DeliveryError) -> Bool {
    guard (1...Self.longestWorkflowID).contains("\(workflow)".unicodeScalars.count) else {
      throw .noWorkflowID
    }
    if let workflowID {
      guard workflowID == workflow else { throw .belongsToAnotherWorkflow(workflowID) }
      return false
    }
    workflowID = workflow
    updatedAt = now
    return true
  }

  var created: DeliveryCreated {
    DeliveryCreated(id: id, workflowId: workflowID, name: name, createdAt: createdAt)
  }

  /// Nil while it has not been sent. What was delivered before times were kept counts from its last change.
  var sent: DeliverySent? {
    guard state == .delivered else { return nil }
    return DeliverySent(id: id, workflowId: workflowID, sentAt: sentAt ?? updatedAt)
  }
}
