public import Messaging

/// The three steps of every workflow.
public enum TaskName: String, Codable, Sendable, CaseIterable {
  case prepare = "PREPARE"
  case review = "REVIEW"
  case deliver = "DELIVER"
}

public enum TaskState: String, Codable, Sendable, CaseIterable {
  case new = "NEW"
  case inProgress = "IN_PROGRESS"
  case done = "DONE"
}

/// A workflow exists, with its three tasks. Published again by a reconciliation.
public struct WorkflowCreated: Event, Hashable {
  public static let name = "workflow.created.v1"
  public static let topic = Topic("workflow.created")

  public let id: WorkflowID
  public let name: String
  public let createdAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: WorkflowID, name: String, createdAt: Timestamp) {
    self.id = id
    self.name = name
    self.createdAt = createdAt
  }
}

/// A task of a workflow is in a state. Published again by a reconciliation.
public struct WorkflowTaskUpdated: Event, Hashable {
  public static let name = "workflow.task-updated.v1"
  public static let topic = Topic("workflow.task-updated")

  public let workflowId: WorkflowID
  public let name: TaskName
  public let state: TaskState
  public let updatedAt: Timestamp

  public var key: String { "\(workflowId)" }

  public init(workflowId: WorkflowID, name: TaskName, state: TaskState, updatedAt: Timestamp) {
    self.workflowId = workflowId
    self.name = name
    self.state = state
    self.updatedAt = updatedAt
  }
}
