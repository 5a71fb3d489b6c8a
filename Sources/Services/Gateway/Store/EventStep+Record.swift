import GRDB
import Messaging
import Storage

extension EventStep: FetchableRecord {
  init(row: Row) throws {
    let kind: String = row["step"]
    guard let kind = Kind(rawValue: kind) else { throw UnknownStep(step: kind) }
    self.init(
      at: row["at"], kind: kind, attempt: row["attempt"], status: row["status"], detail: row["detail"],
      excerpt: row["excerpt"], runner: row["runner"])
  }

  private struct UnknownStep: Error {
    let step: String
  }

  /// The steps of one event that are kept as such, the earliest first.
  static func fetch(of event: Int64, in database: Database) throws -> [EventStep] {
    try fetchAll(
      database.cachedStatement(sql: "SELECT * FROM event_steps WHERE event = ? ORDER BY number"),
      arguments: [event])
  }
}

extension UnitOfWork {
  func note(_ step: EventStep, of event: Int64) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO event_steps (event, number, at, step, attempt, status, detail, excerpt, runner)
        VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM event_steps WHERE event = ?1), ?2, ?3, ?4, ?5, ?6,
          ?7, ?8)
        """
    ).execute(arguments: [
      event, step.at, step.kind.rawValue, step.attempt, step.status, step.detail, step.excerpt, step.runner,
    ])
  }
}
