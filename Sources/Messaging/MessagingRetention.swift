import GRDB
public import Storage

/// How long a store keeps what it no longer needs.
public struct MessagingRetention: Hashable, Sendable {
  /// Published events, for whoever looks back.
  public let outbox: Duration
  /// Longer than any message can come back: the topic's retention and that of its dead letters.
  public let inbox: Duration
  /// Dead letters that were redriven or discarded, and redrives that are over.
  public let deadLetters: Duration

  public init(
    outbox: Duration = .days(1), inbox: Duration = .days(37), deadLetters: Duration = .days(30)
  ) {
    self.outbox = outbox
    self.inbox = inbox
    self.deadLetters = deadLetters
  }

  /// Deletes at most `limit` rows of each kind.
  /// - Returns: whether there may be more.
  public func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    let deletions: [(String, Timestamp)] = [
      (
        """
        DELETE FROM outbox WHERE seq IN (
          SELECT seq FROM outbox WHERE state IN (2, 4) AND time < ? ORDER BY seq LIMIT ?)
        """, work.now - outbox
      ),
      (
        """
        DELETE FROM inbox WHERE event_id IN (
          SELECT event_id FROM inbox WHERE handled_at < ? ORDER BY handled_at LIMIT ?)
        """, work.now - inbox
      ),
      (
        """
        DELETE FROM dead_letters WHERE id IN (
          SELECT id FROM dead_letters WHERE state <> 'dead' AND settled_at < ? ORDER BY id LIMIT ?)
        """, work.now - deadLetters
      ),
      (
        """
        DELETE FROM redrives WHERE id IN (
          SELECT id FROM redrives WHERE state <> 'RUNNING' AND finished_at < ? ORDER BY id LIMIT ?)
        """, work.now - deadLetters
      ),
    ]
    var more = false
    for (sql, before) in deletions {
      let delete = try work.database.cachedStatement(sql: sql)
      try delete.execute(arguments: [before, limit])
      if work.database.changesCount == limit { more = true }
    }
    return more
  }
}
