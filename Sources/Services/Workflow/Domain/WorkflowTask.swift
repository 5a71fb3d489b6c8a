import Contracts
import Messaging

/// A step of a workflow. It only moves forward: NEW, IN_PROGRESS, DONE.
struct WorkflowTask: Hashable, Sendable {
  let workflowID: WorkflowID
  let name: TaskName
  private(set) var state: TaskState
  private(set) var updatedAt: Timestamp

  init(workflowID: WorkflowID, name: TaskName, state: TaskState, updatedAt: Timestamp) {
    self.workflowID = workflowID
    self.name = name
    self.state = state
    self.updatedAt = updatedAt
  }

  /// - Returns: whether anything changed.
  mutating func move(to state: TaskState, at now: Timestamp) throws(WorkflowError) -> Bool {
    guard state != self.state else { return false }
    guard state.step > self.state.step else { throw .goesBack(from: self.state, to: state) }
    self.state = state
    updatedAt = now
    return true
  }

  var updated: WorkflowTaskUpdated {
    WorkflowTaskUpdated(workflowId: workflowID, name: name, state: state, updatedAt: updatedAt)
  }
}

extension TaskState {
  fileprivate var step: Int {
    switch self {
    case .new: 0
    case .inProgress: 1
    case .done: 2
    }
  }
}
