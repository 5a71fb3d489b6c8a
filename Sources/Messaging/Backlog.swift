public import GRDB
public import Storage

/// How much waits in a store.
public struct Backlog: Hashable, Sendable {
  public let outboxWaiting: Int
  /// When the oldest waiting event was committed.
  public let oldestWaiting: Timestamp?
  public let parked: Int
  public let deadLetters: Int

  public static func read(_ database: Database) throws -> Backlog {
    func count(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
    return Backlog(
      outboxWaiting: try count("SELECT count(*) FROM outbox WHERE state = 0"),
      oldestWaiting: try Timestamp.fetchOne(
        database, sql: "SELECT time FROM outbox WHERE state = 0 ORDER BY seq LIMIT 1"),
      parked: try count("SELECT count(*) FROM parked"),
      deadLetters: try count("SELECT count(*) FROM dead_letters WHERE state = 'dead'"))
  }
}
