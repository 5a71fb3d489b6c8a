import Contracts
import Foundation
import Messaging

/// Something that a user wants done, and what is known of it so far.
struct UserTask: Hashable, Sendable {
  /// In Unicode scalars.
  static let longestKind = 100
  /// As JSON in UTF-8: what a broker takes with room to spare.
  static let largestInput = 256 << 10

  let id: TaskID
  let userID: UserID
  let kind: String
  let input: JSONValue
  private(set) var status: TaskStatus
  private(set) var attempt: Int
  /// Of the last update that was applied; 0 before the first.
  private(set) var sequence: Int
  /// The worker instance whose word counts: the first that was heard of.
  private(set) var runner: String?
  /// How many lines the attempt has logged, as its worker says; they may not all be here yet.
  private(set) var lines: Int
  private(set) var reason: String?
  private(set) var nextAttemptAt: Timestamp?
  private(set) var cancelRequestedAt: Timestamp?
  let createdAt: Timestamp
  private(set) var updatedAt: Timestamp

  init(
    id: TaskID, userID: UserID, kind: String, input: JSONValue, status: TaskStatus, attempt: Int,
    sequence: Int, runner: String?, lines: Int, reason: String?, nextAttemptAt: Timestamp?,
    cancelRequestedAt: Timestamp?, createdAt: Timestamp, updatedAt: Timestamp
  ) {
    self.id = id
    self.userID = userID
    self.kind = kind
    self.input = input
    self.status = status
    self.attempt = attempt
    self.sequence = sequence
    self.runner = runner
    self.lines = lines
    self.reason = reason
    self.nextAttemptAt = nextAttemptAt
    self.cancelRequestedAt = cancelRequestedAt
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  static func create(
    _ id: TaskID, for user: UserID, kind: String, input: JSONValue, at now: Timestamp
  ) throws -> UserTask {
    guard kind.contains(where: { !$0.isWhitespace }) else { throw TaskError.kindIsEmpty }
    guard kind.unicodeScalars.count <= longestKind else { throw TaskError.kindIsTooLong }
    guard try JSONEncoder().encode(input).count <= largestInput else { throw TaskError.inputIsTooLarge }
    return UserTask(
      id: id, userID: user, kind: kind, input: input, status: .pending, attempt: 0, sequence: 0, runner: nil,
      lines: 0, reason: nil, nextAttemptAt: nil, cancelRequestedAt: nil, createdAt: now, updatedAt: now)
  }

  /// Takes a worker's word for what became of the task, only ever forward.
  /// - Returns: whether it was news.
  mutating func apply(_ update: TaskUpdated) -> Bool {
    guard accepts(update.runner), update.sequence > sequence else { return false }
    // It is tried again, by an operator's will: the user's wish was about the time before.
    if status.isFinal && !update.status.isFinal { cancelRequestedAt = nil }
    status = update.status
    attempt = update.attempt
    sequence = update.sequence
    lines = update.lines
    reason = update.reason
    nextAttemptAt = update.nextAttemptAt
    updatedAt = update.updatedAt
    return true
  }

  /// Whether the word of this worker instance counts. A task may be taken up by two of them, when the first
  /// ends before it could tell the broker so; then the first that is heard of is the one that does it.
  mutating func accepts(_ runner: String) -> Bool {
    if self.runner == nil { self.runner = runner }
    return self.runner == runner
  }

  /// - Returns: whether that is news.
  mutating func requestCancellation(at now: Timestamp) throws(TaskError) -> Bool {
    switch status {
    case .success, .failed: throw .isOver(status)
    case .cancelled: return false
    case .pending, .running:
      guard cancelRequestedAt == nil else { return false }
      cancelRequestedAt = now
      updatedAt = max(updatedAt, now)
      return true
    }
  }

  var created: TaskCreated {
    TaskCreated(id: id, userId: userID, kind: kind, input: input, createdAt: createdAt)
  }
}
