import GRDB
import Messaging
import Storage

/// How often log-ins may fail.
///
/// An attempt is charged before the password is looked at, so that many at once get no further than many in a
/// row, and forgiven when it succeeds. From one network an account may fail ten times; then each failure doubles
/// the wait, up to a quarter of an hour. From all networks together that its owner never logged in from it may
/// fail fifty times; then the wait is a minute at most. So whoever fails on purpose can slow the owner down at a
/// place that is new to him, and nowhere else.
enum LoginAttempts {
  private struct Limit {
    let subject: String
    let free: Int
    let longestWait: Duration
  }

  /// Failures are forgotten after so long without another.
  private static let memory = Duration.days(1)
  /// A network is no longer the owner's after so long without a log-in from it.
  private static let networkMemory = Duration.days(90)

  private static func limits(
    _ email: EmailAddress, from network: String?, in database: Database
  ) throws -> [Limit] {
    let own = "\(email.folded) from \(network ?? "here")"
    let isKnown = try Bool.fetchOne(
      database, sql: "SELECT EXISTS (SELECT 1 FROM login_networks WHERE subject = ?)", arguments: [own])
    let here = Limit(subject: own, free: 10, longestWait: .seconds(900))
    return isKnown == true
      ? [here] : [here, Limit(subject: email.folded, free: 50, longestWait: .seconds(60))]
  }

  /// - Returns: how long to wait instead; nil when the attempt may be made.
  static func charge(_ email: EmailAddress, from network: String?, _ work: UnitOfWork) throws -> Duration? {
    let limits = try limits(email, from: network, in: work.database)
    for limit in limits {
      let until = try Timestamp.fetchOne(
        work.database, sql: "SELECT blocked_until FROM login_attempts WHERE subject = ?",
        arguments: [limit.subject])
      if let until, work.now < until { return until.since(work.now) }
    }
    for limit in limits { try count(limit, work) }
    return nil
  }

  private static func count(_ limit: Limit, _ work: UnitOfWork) throws {
    let known = try Row.fetchOne(
      work.database, sql: "SELECT failures, last_at FROM login_attempts WHERE subject = ?",
      arguments: [limit.subject])
    var failures = 1
    if let known, work.now.since(known[1]) < memory { failures = known[0] + 1 }
    let excess = failures - limit.free
    let wait = excess < 0 ? .zero : min(.seconds(1 << min(excess, 20)), limit.longestWait)
    try work.database.execute(
      sql: """
        INSERT INTO login_attempts (subject, failures, blocked_until, last_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (subject) DO UPDATE SET failures = ?2, blocked_until = ?3, last_at = ?4
        """, arguments: [limit.subject, failures, work.now + wait, work.now])
  }

  /// It succeeded: nothing is held against the account.
  static func forgive(_ email: EmailAddress, from network: String?, _ work: UnitOfWork) throws {
    for limit in try limits(email, from: network, in: work.database) {
      try work.database.execute(
        sql: "DELETE FROM login_attempts WHERE subject = ?", arguments: [limit.subject])
    }
    try work.database.execute(
      sql: """
        INSERT INTO login_networks (subject, last_at) VALUES (?1, ?2)
        ON CONFLICT (subject) DO UPDATE SET last_at = ?2
        """, arguments: ["\(email.folded) from \(network ?? "here")", work.now])
  }

  /// Deletes at most `limit` that are forgotten.
  /// - Returns: whether there may be more.
  static func prune(_ work: UnitOfWork, limit: Int) throws -> Bool {
    var more = false
    for (table, before) in [
      ("login_attempts", work.now - memory), ("login_networks", work.now - networkMemory),
    ] {
      try work.database.execute(
        sql: """
          DELETE FROM \(table) WHERE subject IN (
            SELECT subject FROM \(table) WHERE last_at < ? ORDER BY last_at LIMIT ?)
          """, arguments: [before, limit])
      if work.database.changesCount == limit { more = true }
    }
    return more
  }
}
