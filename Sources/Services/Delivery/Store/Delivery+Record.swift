import Contracts
import GRDB
import Messaging
import Storage

extension Delivery: FetchableRecord, PersistableRecord {
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

  func encode(to container: inout PersistenceContainer) {
    container["id"] = id
    container["workflow_id"] = workflowID
    container["name"] = name
    container["state"] = state.rawValue
    container["created_at"] = createdAt
    container["updated_at"] = updatedAt
    container["sent_at"] = sentAt
  }

  static func find(_ id: DeliveryID, in database: Database) throws -> Delivery? {
    try filter(key: id.rawValue).fetchOne(database)
  }

  static func find(of workflow: WorkflowID, in database: Database) throws -> Delivery? {
    try filter(Column("workflow_id") == workflow.rawValue).fetchOne(database)
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
