import Contracts
import GRDB
import Messaging
import Storage

extension Delivery: FetchableRecord, TableRecord {
  static let databaseTableName = "deliveries"

  init(row: Row) throws {
    let state: String = row["state"]
    guard let state = DeliveryState(rawValue: state) else {
      throw RowDecodingFailure(state: state)
    }
    self.init(
      id: row["id"], workflowID: row["workflow_id"], name: row["name"], state: state,
      createdAt: row["created_at"], updatedAt: row["updated_at"], sentAt: row["sent_at"])
  }

  private struct RowDecodingFailure: Error {
    let state: String
  }

  // Decisions use cached statements: composing and preparing SQL anew would cost ten times the write itself.

  func insert(_ database: Database) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO deliveries (id, workflow_id, name, state, created_at, updated_at, sent_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [id, workflowID, name, state.rawValue, createdAt, updatedAt, sentAt])
  }

  /// Writes what can change.
  func update(_ database: Database) throws {
    try database.cachedStatement(
      sql: "UPDATE deliveries SET workflow_id = ?, state = ?, updated_at = ?, sent_at = ? WHERE id = ?"
    ).execute(arguments: [workflowID, state.rawValue, updatedAt, sentAt, id])
  }

  static func find(_ id: DeliveryID, in database: Database) throws -> Delivery? {
    try fetchOne(database.cachedStatement(sql: "SELECT * FROM deliveries WHERE id = ?"), arguments: [id])
  }

  static func find(of workflow: WorkflowID, in database: Database) throws -> Delivery? {
    try fetchOne(
      database.cachedStatement(sql: "SELECT * FROM deliveries WHERE workflow_id = ?"), arguments: [workflow])
  }

  /// The newest first.
  static func page(
    _ request: PageRequest, workflow: WorkflowID? = nil, state: DeliveryState? = nil, in database: Database
  ) throws -> Page<Delivery> {
    var rows = order(Column("id").desc).limit(request.limit + 1)
    if let after = request.after { rows = rows.filter(Column("id") < after) }
    if let workflow { rows = rows.filter(Column("workflow_id") == workflow.rawValue) }
    if let state { rows = rows.filter(Column("state") == state.rawValue) }
    return Page(fetched: try rows.fetchAll(database), limit: request.limit, key: \.id.rawValue)
  }
}
