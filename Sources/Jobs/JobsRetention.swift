import GRDB
public import Storage

/// How long a store keeps jobs that are over. Dead ones stay: they can be redriven.
public struct JobsRetention: Hashable, Sendable {
  public let finished: Duration

  public init(finished: Duration = .days(7)) {
    self.finished = finished
  }

  /// Deletes at most `limit` jobs.
  /// - Returns: whether there may be more.
  public func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    let delete = try work.database.cachedStatement(
      sql: """
        DELETE FROM jobs WHERE seq IN (
          SELECT seq FROM jobs WHERE finished_at < ? AND state IN ('succeeded', 'cancelled')
          ORDER BY finished_at LIMIT ?)
        """)
    try delete.execute(arguments: [work.now - finished, limit])
    return work.database.changesCount == limit
  }
}
