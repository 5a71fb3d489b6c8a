import Contracts
import GRDB
import Messaging
import Storage

extension Workflow: FetchableRecord, TableRecord {
  static let databaseTableName = "workflows"

  init(row: Row) {
    let deliveryID: DeliveryID? = row["delivery_id"]
    let state = (row["delivery_state"] as String?).flatMap(DeliveryState.init(rawValue:))
    self.init(
      id: row["id"], name: row["name"], createdAt: row["created_at"], updatedAt: row["updated_at"],
      delivery: deliveryID.map { LinkedDelivery(id: $0, state: state ?? .new) })
  }

  // Decisions use cached statements: composing and preparing SQL anew would cost ten times the write itself.

  func insert(_ database: Database) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO workflows (id, name, created_at, updated_at, delivery_id, delivery_state)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [id, name, createdAt, updatedAt, delivery?.id, delivery?.state.rawValue])
  }

  /// Writes what can change.
  func update(_ database: Database) throws {
    try database.cachedStatement(
      sql: "UPDATE workflows SET updated_at = ?, delivery_id = ?, delivery_state = ? WHERE id = ?"
    ).execute(arguments: [updatedAt, delivery?.id, delivery?.state.rawValue, id])
  }

  static func find(_ id: WorkflowID, in database: Database) throws -> Workflow? {
    try fetchOne(database.cachedStatement(sql: "SELECT * FROM workflows WHERE id = ?"), arguments: [id])
  }

  /// Every delivery belongs to one workflow.
  /// - Throws: ``WorkflowError/deliveryIsTaken(_:by:)`` when it belongs to another one than `id`.
  static func checkOwner(of delivery: DeliveryID, is id: WorkflowID, in database: Database) throws {
    let owner = try WorkflowID.fetchOne(
      database.cachedStatement(sql: "SELECT id FROM workflows WHERE delivery_id = ?"), arguments: [delivery])
    if let owner, owner != id { throw WorkflowError.deliveryIsTaken(delivery, by: owner) }
  }

  /// The newest first.
  static func page(_ request: PageRequest, in database: Database) throws -> Page<Workflow> {
    var rows = order(Column("id").desc).limit(request.limit + 1)
    if let after = request.after { rows = rows.filter(Column("id") < after) }
    return Page(fetched: try rows.fetchAll(database), limit: request.limit, key: \.id.rawValue)
  }
}
