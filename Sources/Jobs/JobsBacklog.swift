public import GRDB
public import Storage

/// How much of one kind of job there is to do.
public struct JobsBacklog: Hashable, Sendable {
  public let kind: String
  /// Those that wait for their time or their lane among them.
  public private(set) var waiting = 0
  public private(set) var running = 0
  /// For how long the job that is due for the longest time has not been taken up; zero when none is due.
  public private(set) var longestOverdue = Duration.zero

  /// Each of `kinds`, and every other of which anything is to be done. Each part has an index of its own: finished
  /// jobs cost nothing.
  public static func read(
    _ database: Database, kinds known: [String], at now: Timestamp
  ) throws -> [JobsBacklog] {
    var kinds = Dictionary(uniqueKeysWithValues: known.map { ($0, JobsBacklog(kind: $0)) })
    func each(_ sql: String, _ note: (inout JobsBacklog, Row) -> Void) throws {
      for row in try Row.fetchAll(database, sql: sql) {
        let kind: String = row[0]
        note(&kinds[kind, default: JobsBacklog(kind: kind)], row)
      }
    }
    try each(
      """
      SELECT kind, count(*), min(run_at) FROM jobs WHERE state = 'waiting' AND behind = 0 GROUP BY kind
      """
    ) { backlog, row in
      backlog.waiting += row[1]
      backlog.longestOverdue = max(now.since(row[2]), .zero)
    }
    try each(
      """
      SELECT kind, count(*) FROM jobs
      WHERE lane IS NOT NULL AND state IN ('waiting', 'running') AND behind = 1 GROUP BY kind
      """
    ) { backlog, row in backlog.waiting += row[1] }
    try each("SELECT kind, count(*) FROM jobs WHERE state = 'running' GROUP BY kind") { backlog, row in
      backlog.running += row[1]
    }
    return kinds.values.sorted { $0.kind < $1.kind }
  }
}
