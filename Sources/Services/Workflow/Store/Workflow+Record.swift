import Contracts
import GRDB
import Messaging
import Storage

extension Workflow: FetchableRecord, PersistableRecord {
  static let databaseTableName = "workflows"

  init(row: Row) {
    let deliveryID: DeliveryID? = row["delivery_id"]
    let state = (row["delivery_state"] as String?).flatMap(DeliveryState.init(rawValue:))
    self.init(
      id: row["id"], name: row["name"], createdAt: row["created_at"], updatedAt: row["updated_at"],
      delivery: deliveryID.map { LinkedDelivery(id: $0, state: state ?? .new) })
  }

  func encode(to container: inout PersistenceContainer) {
    container["id"] = id
    container["name"] = name
    container["created_at"] = createdAt
    container["updated_at"] = updatedAt
    container["delivery_id"] = delivery?.id
    container["delivery_state"] = delivery?.state.rawValue
  }

  static func find(_ id: WorkflowID, in database: Database) throws -> Workflow? {
    try filter(key: id.rawValue).fetchOne(database)
  }

  /// Every delivery belongs to one workflow.
  /// - Throws: ``WorkflowError/deliveryIsTaken(_:by:)`` when it belongs to another one than `id`.
  static func checkOwner(of delivery: DeliveryID, is id: WorkflowID, in database: Database) throws {
    let owner = try filter(Column("delivery_id") == delivery.rawValue).fetchOne(database)
    if let owner, owner.id != id { throw WorkflowError.deliveryIsTaken(delivery, by: owner.id) }
  }

  /// The newest first.
  static func page(_ request: PageRequest, in database: Database) throws -> Page<Workflow> {
    var rows = order(Column("id").desc).limit(request.limit + 1)
    if let after = request.after { rows = rows.filter(Column("id") < after) }
    return Page(fetched: try rows.fetchAll(database), limit: request.limit, key: \.id.rawValue)
  }
}
