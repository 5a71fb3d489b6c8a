import Contracts
import Messaging

/// A user's task as its worker sees it: how far it is, and what was last told about it.
struct TaskRun: Hashable, Sendable {
  let id: TaskID
  let userID: UserID
  private(set) var status: TaskStatus
  /// Counts from 1, on through redrives.
  private(set) var attempt: Int
  /// Attempts before the last redrive: its job counts from 1 again.
  private(set) var earlierAttempts: Int
  /// Logged by this attempt.
  private(set) var lines: Int
  /// Of the last update.
  private(set) var sequence: Int
  /// Nil when it was cancelled before it arrived here.
  let jobID: String?
  private(set) var isCancelled: Bool
  private(set) var reason: String?
  private(set) var nextAttemptAt: Timestamp?
  private(set) var updatedAt: Timestamp

  /// A task that waits to be begun by `job`.
  static func waiting(_ id: TaskID, of user: UserID, job: String, at now: Timestamp) -> TaskRun {
    TaskRun(
      id: id, userID: user, status: .pending, attempt: 0, earlierAttempts: 0, lines: 0, sequence: 0,
      jobID: job, isCancelled: false, reason: nil, nextAttemptAt: nil, updatedAt: now)
  }

  /// A task that was cancelled, and is not here: it may come yet.
  static func cancelledBefore(_ id: TaskID, of user: UserID, at now: Timestamp) -> TaskRun {
    TaskRun(
      id: id, userID: user, status: .pending, attempt: 0, earlierAttempts: 0, lines: 0, sequence: 0,
      jobID: nil, isCancelled: true, reason: nil, nextAttemptAt: nil, updatedAt: now)
  }

  /// - Parameter jobAttempt: as its job counts. One that is resumed after a crash is the same again.
  /// - Returns: whether that is news.
  mutating func begin(jobAttempt: Int, at now: Timestamp) -> Bool {
    // It had failed for good, and somebody had it tried again.
    if status == .failed { earlierAttempts = attempt }
    let isNews = status != .running || attempt != earlierAttempts + jobAttempt
    guard isNews else { return false }
    attempt = earlierAttempts + jobAttempt
    lines = 0
    tell(.running, reason: nil, at: now)
    return true
  }

  mutating func waitForNextAttempt(at next: Timestamp, because reason: String, at now: Timestamp) {
    tell(.running, reason: reason, at: now)
    nextAttemptAt = next
  }

  mutating func succeed(at now: Timestamp) { tell(.success, reason: nil, at: now) }

  mutating func fail(because reason: String, at now: Timestamp) { tell(.failed, reason: reason, at: now) }

  mutating func cancel(at now: Timestamp) {
    isCancelled = true
    tell(.cancelled, reason: nil, at: now)
  }

  private mutating func tell(_ status: TaskStatus, reason: String?, at now: Timestamp) {
    self.status = status
    self.reason = reason
    nextAttemptAt = nil
    sequence += 1
    updatedAt = now
  }

  func update(by runner: String) -> TaskUpdated {
    TaskUpdated(
      id: id, userId: userID, runner: runner, sequence: sequence, status: status, attempt: attempt,
      lines: lines, reason: reason, nextAttemptAt: nextAttemptAt, updatedAt: updatedAt)
  }
}
