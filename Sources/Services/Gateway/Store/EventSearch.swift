import Contracts
import Foundation
import GRDB
import HTTPAPI
import Messaging
import Storage

/// Which events are looked for; the newest first.
struct EventSearch: Sendable {
  /// How many rows are looked at for one page: a search that finds little costs so much, and goes on with the
  /// cursor of a page that is not full.
  private static let reach: Int64 = 200_000
  private static let stride: Int64 = 20_000

  var status: EventStatus?
  var source: String?
  /// Received at this time or later.
  var since: Timestamp?
  /// A part of the id, the name or the body.
  var text: String?

  init(_ call: Call) throws {
    status = try call.query("status").map { text in
      guard let status = EventStatus(rawValue: text) else {
        let all = EventStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem.invalid("/status", "must be one of \(all)")
      }
      return status
    }
    source = call.query("source")
    since = try call.query("since").map { text in
      guard let time = Timestamp(text) else {
        throw Problem.invalid("/since", "must be a time such as 2026-01-31T12:00:00Z")
      }
      return time
    }
    text = call.query("q").flatMap { $0.isEmpty ? nil : $0 }
  }

  func page(_ request: PageRequest, in database: Database) throws -> Page<GatewayEvent> {
    // To SQLite a text ends there: nothing is called so.
    if source?.utf8.contains(0) == true || text?.utf8.contains(0) == true {
      return Page(items: [], next: nil)
    }
    let newest = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM events") ?? 0
    let oldest = try Int64.fetchOne(database, sql: "SELECT min(seq) FROM events") ?? 1
    var below = newest + 1
    if let after = request.after {
      guard let seq = Int64(after) else {
        throw Problem.invalid("/cursor", "must be the `next` of an earlier page")
      }
      below = min(below, max(seq, 0))
    }
    let end = max(oldest, below - Self.reach)
    var found: [GatewayEvent] = []
    while below > end, found.count <= request.limit {
      let from = max(end, below - Self.stride)
      let rows = try fetch(from..<below, limit: request.limit + 1 - found.count, in: database)
      found += rows
      if rows.isEmpty, try isBefore(from..<below, in: database) { return Page(items: found, next: nil) }
      below = from
    }
    if found.count > request.limit {
      return Page(fetched: found, limit: request.limit) { "\($0.seq)" }
    }
    // Not full, and not at the end: there may be more further back.
    return end > oldest && below == end ? Page(items: found, after: "\(end)") : Page(items: found, next: nil)
  }

  /// Whether everything in these rows, and so everything further back, was received long before.
  ///
  /// What came in at another instance is heard of here later, but no later than the broker keeps it.
  private func isBefore(_ range: Range<Int64>, in database: Database) throws -> Bool {
    guard let since else { return false }
    let last = try Timestamp.fetchOne(
      database, sql: "SELECT max(received_at) FROM events WHERE seq >= ? AND seq < ?",
      arguments: [range.lowerBound, range.upperBound])
    return last.map { $0 < since - EventReceived.topic.retention } ?? false
  }

  private func fetch(_ range: Range<Int64>, limit: Int, in database: Database) throws -> [GatewayEvent] {
    var conditions = ["seq >= ?", "seq < ?"]
    var values: StatementArguments = [range.lowerBound, range.upperBound]
    if let status {
      // Spelt out, so that the index of those that are not delivered serves.
      conditions.append("status = '\(status.rawValue)'")
      if status != .delivered { conditions.append("status <> 'DELIVERED'") }
    }
    if let source {
      conditions.append("source = ?")
      values += [source]
    }
    if let since {
      conditions.append("received_at >= ?")
      values += [since]
    }
    if let text {
      conditions.append("(instr(id, ?) > 0 OR instr(name, ?) > 0 OR instr(body, ?) > 0)")
      values += [text, text, Data(text.utf8)]
    }
    return try GatewayEvent.fetchAll(
      database,
      sql: """
        SELECT * FROM events WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq DESC LIMIT \(limit)
        """, arguments: values)
  }
}
