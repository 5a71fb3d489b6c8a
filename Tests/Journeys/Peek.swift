import Foundation
import GRDB
import Testing

/// Looks into the store of a running service, read-only, as an operator with `sqlite3` would.
enum Peek {
  struct Change: Sendable {
    let task: String
    let status: String
    let attempt: Int
    let sequence: Int
  }

  static func count(_ file: String, _ sql: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: file) else { return 0 }
    return try open(file).read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  /// What owners of tasks were told, in the order of the telling.
  static func changes(_ file: String) throws -> [Change] {
    try open(file).read { database in
      try Row.fetchAll(
        database, sql: "SELECT task_id, status, attempt, sequence FROM task_changes ORDER BY seq"
      ).map { Change(task: $0[0], status: $0[1], attempt: $0[2], sequence: $0[3]) }
    }
  }

  /// Asks again and again, for 60 s at most: another process writes.
  static func until(
    _ file: String, _ sql: String, is expected: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if (try? count(file, sql)) == expected { return }
      await Task.yield()
    }
    Issue.record("not within 60 s: \(sql) is \(expected)", sourceLocation: sourceLocation)
  }

  private static func open(_ file: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    return try DatabaseQueue(path: file, configuration: configuration)
  }
}
