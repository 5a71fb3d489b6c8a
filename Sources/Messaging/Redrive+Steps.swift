import GRDB
import Storage

extension Redrive {
  /// What one unit of work did for a redrive.
  struct Step: Sendable {
    let redrive: Redrive
    /// How many letters had their turn. None of a redrive that runs: it waits for those before.
    let taken: Int
    /// Letters that could not be handed back, and why.
    let failures: [(id: String, reason: String)]
  }

  /// Hands the next letters back.
  ///
  /// No more are under way than have come through, and one: when nothing comes through, it is the first that
  /// finds out. Only messages and outgoing events can be seen under way; of jobs none is.
  /// - Parameters:
  ///   - most: of so many letters it is the turn.
  ///   - pushing: one goes even while those before are under way.
  /// - Returns: nil when there is no such redrive.
  static func advance(
    _ id: String, by most: Int, pushing: Bool, jobs: (String, UnitOfWork) throws -> Bool, _ work: UnitOfWork
  ) throws -> Step? {
    guard var redrive = try find(id, in: work.database) else { return nil }
    guard redrive.state == .running else { return Step(redrive: redrive, taken: 0, failures: []) }
    // With d done and w under way, d + w were redriven, and w may become d + 1.
    let room = redrive.redriven - 2 * (try redrive.underWay(work)) + 1
    let turn = min(most, max(room, pushing ? 1 : 0))
    guard turn > 0 else { return Step(redrive: redrive, taken: 0, failures: []) }
    var failures: [(id: String, reason: String)] = []
    let before = redrive.redriven + redrive.skipped
    try redrive.handBack(turn, jobs: jobs, work) { failures.append(($0, "\($1)")) }
    let taken = redrive.redriven + redrive.skipped - before
    return Step(redrive: redrive, taken: taken, failures: failures)
  }

  /// - Parameter fail: told of each letter that cannot be handed back; it stays dead.
  mutating func handBack(
    _ most: Int, jobs: (String, UnitOfWork) throws -> Bool, _ work: UnitOfWork,
    fail: (String, any Error) throws -> Void
  ) throws {
    // One more tells whether there are more.
    let letters = try next(most + 1, work)
    for letter in letters.prefix(most) {
      position = letter
      do {
        let done = try work.undoable {
          try DeadLetters.redrive(letter, by: by, in: id, jobs: jobs, work)
        }
        if done { redriven += 1 } else { skipped += 1 }
      } catch {
        // SQLite has given the whole transaction up: not this letter's fault.
        guard work.database.isInsideTransaction else { throw error }
        try fail(letter, error)
        skipped += 1
      }
    }
    if letters.count <= most {
      state = .finished
      finishedAt = work.now
      // Those that a filter no longer meant when their turn came were settled by others.
      skipped = max(skipped, total - redriven)
      work.raiseOnCommit(.redrives)
    }
    try work.database.cachedStatement(
      sql:
        "UPDATE redrives SET state = ?, redriven = ?, skipped = ?, position = ?, finished_at = ? WHERE id = ?"
    ).execute(arguments: [state.rawValue, redriven, skipped, position, finishedAt, id])
  }

  private func next(_ count: Int, _ work: UnitOfWork) throws -> [String] {
    if let ids { return Array(ids.drop { $0 <= position }.prefix(count)) }
    var condition = DeadLetterCondition(filter ?? DeadLetterFilter())
    condition.add("id > ?", position)
    condition.add("id <= ?", lastID)
    return try String.fetchAll(
      work.database.cachedStatement(
        sql: "SELECT id FROM dead_letters WHERE \(condition.sql) ORDER BY id LIMIT ?"),
      arguments: condition.arguments(then: count))
  }

  /// How many of those redriven have neither come through nor died again.
  private func underWay(_ work: UnitOfWork) throws -> Int {
    let select = try work.database.cachedStatement(
      sql: """
        SELECT (SELECT count(*) FROM parked WHERE redrive_id = ?1)
          + (SELECT count(*) FROM dead_letters JOIN outbox ON seq = outbox_seq
             WHERE redrive_id = ?1 AND outbox_seq IS NOT NULL AND outbox.state = 0)
        """)
    return try Int.fetchOne(select, arguments: [id]) ?? 0
  }
}
