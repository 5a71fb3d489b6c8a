import Contracts
import Foundation
import GRDB
import Messaging
import Storage

// Every change takes the next place in the stream of changes, and wakes who watches.

extension UnitOfWork {
  /// Keeps an event that was not known.
  /// - Returns: false when its id is known: then nothing was written.
  func receive(
    _ event: SourceEvent, of source: String, brand: String, status: EventStatus, receivedAt: Timestamp,
    trace: String?
  ) throws -> Bool {
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO events (id, source, name, body, timestamp, brand, status, trace, received_at, queued_at,
          updated_at, change)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(GatewayEvent.lastChange) + 1)
        ON CONFLICT (id) DO NOTHING
        """)
    try insert.execute(arguments: [
      event.id, source, event.name, Data(event.body.utf8), event.timestamp, brand, status.rawValue, trace,
      receivedAt,
      status == .queued ? now : nil, now,
    ])
    guard database.changesCount == 1 else { return false }
    raiseOnCommit(.eventChanges)
    return true
  }

  func queue(_ seq: Int64) throws {
    try change(seq, "status = 'QUEUED', queued_at = ?", [now])
  }

  /// An operator has it tried again: from the first attempt, and with its whole time.
  func requeue(_ seq: Int64) throws {
    try change(
      seq,
      "status = 'QUEUED', reason = NULL, next_attempt_at = NULL, first_attempt_at = NULL", [])
  }

  /// - Parameter runner: nil for this instance.
  func delivered(_ seq: Int64, attempt: Int, answer: String, at moment: Timestamp, runner: String?) throws {
    try change(
      seq,
      "status = 'DELIVERED', attempt = ?, answer = ?, runner = ?, reason = NULL, next_attempt_at = NULL",
      [attempt, answer, runner], at: moment)
  }

  func willRetry(_ seq: Int64, attempt: Int, reason: String, next: Timestamp, runner: String?) throws {
    try change(
      seq,
      "status = 'QUEUED', attempt = ?, reason = ?, next_attempt_at = ?, runner = ?, queued_at = coalesce(queued_at, ?)",
      [attempt, reason, next, runner, now])
  }

  func failed(_ seq: Int64, attempt: Int, reason: String, at moment: Timestamp, runner: String?) throws {
    try change(
      seq,
      "status = 'FAILED', attempt = ?, reason = ?, runner = ?, next_attempt_at = NULL",
      [attempt, reason, runner], at: moment)
  }

  /// The age of its deliveries counts from here.
  func beginTrying(_ seq: Int64, at moment: Timestamp) throws {
    try database.cachedStatement(
      sql: "UPDATE events SET first_attempt_at = ? WHERE seq = ? AND first_attempt_at IS NULL"
    ).execute(arguments: [moment, seq])
  }

  private func change(
    _ seq: Int64, _ assignments: String, _ values: StatementArguments, at moment: Timestamp? = nil
  ) throws {
    let update = try database.cachedStatement(
      sql: """
        UPDATE events SET \(assignments), updated_at = ?, change = \(GatewayEvent.lastChange) + 1 WHERE seq = ?
        """)
    try update.execute(arguments: values + [moment ?? now, seq])
    raiseOnCommit(.eventChanges)
  }
}

extension CommitSignal {
  /// Events came or changed.
  static let eventChanges = CommitSignal("gateway.events")
}
