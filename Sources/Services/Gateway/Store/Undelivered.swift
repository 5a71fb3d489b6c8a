import GRDB
import Messaging

/// What still has to be delivered, as far as it is known here.
struct Undelivered: Hashable, Sendable {
  var received = 0
  var queued = 0
  var failed = 0
  /// When the one came that waits for the longest.
  var oldest: Timestamp?

  var backlog: Int { received + queued }

  /// Costs what is undelivered: the index holds nothing else.
  static func read(_ database: Database) throws -> Undelivered {
    var undelivered = Undelivered()
    for status in [EventStatus.received, .queued, .failed] {
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT count(*), min(seq) FROM events WHERE status = '\(status.rawValue)' AND status <> 'DELIVERED'
          """)
      guard let row else { continue }
      let count: Int = row[0]
      switch status {
      case .received: undelivered.received = count
      case .queued: undelivered.queued = count
      case .failed: undelivered.failed = count
      case .delivered: break
      }
      guard status != .failed, let first: Int64 = row[1] else { continue }
      let came = try Timestamp.fetchOne(
        database, sql: "SELECT received_at FROM events WHERE seq = ?", arguments: [first])
      undelivered.oldest = [undelivered.oldest, came].compactMap { $0 }.min()
    }
    return undelivered
  }
}
