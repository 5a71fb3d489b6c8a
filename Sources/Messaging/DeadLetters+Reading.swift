public import GRDB
public import Storage

extension DeadLetters {
  /// The dead letters that wait for a decision, the newest first; or those of every state.
  public static func list(_ page: PageRequest, all: Bool, in database: Database) throws -> Page<DeadLetter> {
    try list(page, DeadLetterFilter(state: all ? nil : .dead), in: database)
  }

  /// The dead letters that `filter` means, the newest first.
  public static func list(
    _ page: PageRequest, _ filter: DeadLetterFilter, in database: Database
  ) throws -> Page<DeadLetter> {
    var condition = DeadLetterCondition(filter)
    condition.add("id < ?", page.after)
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT \(DeadLetter.columns) FROM dead_letters WHERE \(condition.sql) ORDER BY id DESC LIMIT ?
        """, arguments: condition.arguments(then: page.limit + 1))
    return Page(fetched: rows.map(DeadLetter.init(row:)), limit: page.limit, key: \.id)
  }

  /// The same by the way they failed, the most numerous first. A group that grows while pages are read may come
  /// twice.
  public static func groups(
    _ page: PageRequest, _ filter: DeadLetterFilter, in database: Database
  ) throws -> Page<DeadLetterGroup> {
    try DeadLetterGroup.page(page, of: DeadLetterCondition(filter), in: database)
  }

  public static func find(_ id: String, in database: Database) throws -> DeadLetter.Whole? {
    try Row.fetchOne(
      database,
      sql: "SELECT \(DeadLetter.columns), headers, value FROM dead_letters WHERE id = ?", arguments: [id]
    ).map { try DeadLetter.Whole(row: $0) }
  }

  /// Gives letters of an earlier version their fingerprint.
  /// - Returns: how many.
  static func nameFailures(_ work: UnitOfWork, limit: Int) throws -> Int {
    let rows = try Row.fetchAll(
      work.database,
      sql: "SELECT id, kind, type, topic, reason FROM dead_letters WHERE fingerprint IS NULL LIMIT ?",
      arguments: [limit])
    let update = try work.database.cachedStatement(
      sql: "UPDATE dead_letters SET fingerprint = ? WHERE id = ?")
    for row in rows {
      let fingerprint = DeadLetterFingerprint(
        kind: DeadLetter.Kind(rawValue: row[1]) ?? .message, type: row[2], topic: row[3], reason: row[4])
      try update.execute(arguments: [fingerprint.text, row[0] as String])
    }
    return rows.count
  }
}
