import GRDB

/// A step of a store's schema: it runs once, in order, in a transaction of its own. A step that was
/// released is never edited; the next change is a new step.
public struct Migration: Sendable {
  /// Stable for ever, unique within the store: `"messaging.1"`.
  public let id: String
  public let sql: String

  public init(_ id: String, _ sql: String) {
    self.id = id
    self.sql = sql
  }
}

extension [Migration] {
  func apply(to database: any DatabaseWriter, file: String) throws {
    var migrator = DatabaseMigrator()
    for step in self {
      migrator.registerMigration(step.id) { try $0.execute(sql: step.sql) }
    }
    if try database.read(migrator.hasBeenSuperseded) {
      throw StoreError.newerSchema(file: file)
    }
    try migrator.migrate(database)
  }
}
