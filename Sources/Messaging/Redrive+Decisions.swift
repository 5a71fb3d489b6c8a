import GRDB
public import Storage

extension Redrive {
  /// Puts an order on record and begins it: a few letters that were named are handed back in this very unit
  /// of work; anything more is left to the ``RedriveRunner``.
  ///
  /// - Parameter jobs: runs a dead job again, and says whether it could.
  public static func begin(
    _ order: RedriveOrder, jobs: (String, UnitOfWork) throws -> Bool = { _, _ in false }, _ work: UnitOfWork
  ) throws -> Redrive {
    let id = UUIDv7.next(at: work.now)
    var ids: String?
    var filter: String?
    let total: Int
    switch order.letters {
    case .ids(let named):
      ids = try RedriveOrder.Letters.json(named)
      total = named.count
    case .matching(let wanted):
      filter = try RedriveOrder.Letters.json(wanted)
      total = try order.letters.condition.count(in: work.database)
    }
    try work.database.execute(
      sql: """
        INSERT INTO redrives (id, started_by, why, ids, filter, per_second, stop_on_same_failure, total,
          last_id, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), '') FROM dead_letters), ?)
        """,
      arguments: [
        id, order.by, order.why, ids, filter, order.perSecond, order.stopOnSameFailure, total, work.now,
      ])
    guard var redrive = try find(id, in: work.database) else { throw Unrecorded(id: id) }
    if order.perSecond == nil || total == 0 {
      try redrive.handBack(total, jobs: jobs, work) { throw $1 }
    }
    work.raiseOnCommit(.redrives)
    return redrive
  }

  /// Stops a redrive that runs; one that is over stays as it is.
  /// - Returns: nil when it is unknown.
  public static func cancel(_ id: String, by operatorName: String, _ work: UnitOfWork) throws -> Redrive? {
    try end(id, as: .cancelled, because: "\(operatorName) cancelled it.", work)
    return try find(id, in: work.database)
  }

  /// Learns of every letter that dies: one that was redriven has failed again.
  static func note(returned letter: DeadLetter, _ work: UnitOfWork) throws {
    let select = try work.database.cachedStatement(
      sql: """
        SELECT id, redrive_id, fingerprint FROM dead_letters
        WHERE redrive_id IS NOT NULL AND event_id IS ? AND topic = ? AND partition IS ? AND "offset" IS ?
          AND kind = ?
        ORDER BY id DESC LIMIT 1
        """)
    let identity: StatementArguments = [
      letter.eventID, letter.topic, letter.partition, letter.offset, letter.kind.rawValue,
    ]
    guard let row = try Row.fetchOne(select, arguments: identity) else { return }
    let (earlier, redrive, fingerprint) = (row[0] as String, row[1] as String, row[2] as String?)
    try work.database.execute(
      sql: "UPDATE redrives SET failed_again = failed_again + 1 WHERE id = ?", arguments: [redrive])
    guard fingerprint == letter.fingerprint,
      try find(redrive, in: work.database)?.stopOnSameFailure == true
    else { return }
    let sentence = DeadLetterFingerprint.sentence(of: letter.reason)
    try end(redrive, as: .stopped, because: "\(earlier) failed again in the same way: \(sentence)", work)
  }

  private static func end(
    _ id: String, as state: State, because reason: String, _ work: UnitOfWork
  ) throws {
    try work.database.execute(
      sql: """
        UPDATE redrives SET state = ?, stop_reason = ?, finished_at = ? WHERE id = ? AND state = 'RUNNING'
        """, arguments: [state.rawValue, reason, work.now, id])
    if work.database.changesCount > 0 { work.raiseOnCommit(.redrives) }
  }

  /// A row that was just written is not there: the store is broken.
  private struct Unrecorded: Error {
    let id: String
  }
}
