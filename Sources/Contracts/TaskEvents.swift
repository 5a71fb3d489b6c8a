public import Messaging

/// Where a user's task is in its life.
public enum TaskStatus: String, Codable, Sendable, CaseIterable {
  /// Nobody has begun it yet.
  case pending = "PENDING"
  /// It is being done, or waits for its next attempt.
  case running = "RUNNING"
  case success = "SUCCESS"
  /// Every attempt failed. An operator can have it tried again.
  case failed = "FAILED"
  case cancelled = "CANCELLED"

  /// Whether nothing will happen to it any more by itself.
  public var isFinal: Bool {
    switch self {
    case .pending, .running: false
    case .success, .failed, .cancelled: true
    }
  }
}

/// A user wants something done.
public struct TaskCreated: Event, Hashable {
  public static let name = "task.created.v1"
  public static let topic = Topic("task.created")

  public let id: TaskID
  public let userId: UserID
  public let kind: String
  public let input: JSONValue
  public let createdAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: TaskID, userId: UserID, kind: String, input: JSONValue, createdAt: Timestamp) {
    self.id = id
    self.userId = userId
    self.kind = kind
    self.input = input
    self.createdAt = createdAt
  }
}

/// A user does not want it done any more. What becomes of it is told by ``TaskUpdated``.
public struct TaskCancelled: Event, Hashable {
  public static let name = "task.cancelled.v1"
  public static let topic = Topic("task.cancelled")

  public let id: TaskID
  public let userId: UserID
  public let cancelledAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: TaskID, userId: UserID, cancelledAt: Timestamp) {
    self.id = id
    self.userId = userId
    self.cancelledAt = cancelledAt
  }
}

/// A task changed. Of two updates the one with the larger sequence is the later one, whichever arrives first.
public struct TaskUpdated: Event, Hashable {
  public static let name = "task.updated.v1"
  public static let topic = Topic("task.updated")

  public let id: TaskID
  public let userId: UserID
  /// The worker instance that does the task. Only one counts: the first that is heard of.
  public let runner: String
  /// Grows with every update of the task, from 1.
  public let sequence: Int
  public let status: TaskStatus
  /// Counts from 1, on through redrives; 0 when no attempt was ever begun.
  public let attempt: Int
  /// How many lines this attempt has logged so far.
  public let lines: Int
  /// Why the last attempt failed.
  public let reason: String?
  /// When the next attempt begins, while it waits for one.
  public let nextAttemptAt: Timestamp?
  public let updatedAt: Timestamp

  public var key: String { "\(id)" }

  public init(
    id: TaskID, userId: UserID, runner: String, sequence: Int, status: TaskStatus, attempt: Int, lines: Int,
    reason: String?, nextAttemptAt: Timestamp?, updatedAt: Timestamp
  ) {
    self.id = id
    self.userId = userId
    self.runner = runner
    self.sequence = sequence
    self.status = status
    self.attempt = attempt
    self.lines = lines
    self.reason = reason
    self.nextAttemptAt = nextAttemptAt
    self.updatedAt = updatedAt
  }
}

/// A line that a task logged while it ran. An attempt that is resumed after a crash says its lines again under
/// the same numbers.
public struct TaskLogged: Event, Hashable {
  public static let name = "task.logged.v1"
  public static let topic = Topic("task.logged")

  public let id: TaskID
  public let userId: UserID
  /// As in ``TaskUpdated``.
  public let runner: String
  public let attempt: Int
  /// Counts from 1 within the attempt.
  public let line: Int
  public let text: String
  public let loggedAt: Timestamp

  public var key: String { "\(id)" }

  public init(
    id: TaskID, userId: UserID, runner: String, attempt: Int, line: Int, text: String, loggedAt: Timestamp
  ) {
    self.id = id
    self.userId = userId
    self.runner = runner
    self.attempt = attempt
    self.line = line
    self.text = text
    self.loggedAt = loggedAt
  }
}
