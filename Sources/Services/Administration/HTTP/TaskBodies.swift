import Contracts
import Messaging

struct NewTask: Decodable, Sendable {
  let kind: String
  let input: JSONValue?
}

struct TaskAnswer: Encodable, Sendable {
  let id: TaskID
  let userId: UserID
  let kind: String
  let input: JSONValue
  let status: TaskStatus
  let attempt: Int
  let sequence: Int
  let reason: String?
  let nextAttemptAt: Timestamp?
  let cancelRequestedAt: Timestamp?
  let createdAt: Timestamp
  let updatedAt: Timestamp

  init(_ task: UserTask) {
    id = task.id
    userId = task.userID
    kind = task.kind
    input = task.input
    status = task.status
    attempt = task.attempt
    sequence = task.sequence
    reason = task.reason
    nextAttemptAt = task.nextAttemptAt
    cancelRequestedAt = task.cancelRequestedAt
    createdAt = task.createdAt
    updatedAt = task.updatedAt
  }
}
