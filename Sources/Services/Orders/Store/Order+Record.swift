import Contracts
import GRDB
import Messaging
import Storage

extension Order: FetchableRecord {
  init(row: Row) throws {
    let status: String = row["status"]
    guard let status = Status(rawValue: status) else { throw UnknownStatus(status: status) }
    var details: OrderDetails?
    if let amount = row["total_amount"] as Int64? {
      details = OrderDetails(
        customerFullname: row["customer_fullname"], productName: row["product_name"],
        totalAmount: Money(minorUnits: amount), isStale: row["is_stale"])
    }
    self.init(
      id: row["id"], userID: row["user_id"], productCode: row["product_code"], status: status,
      details: details, reason: row["reason"],
      wrongField: (row["wrong_field"] as String?).flatMap(OrderField.init), attempt: row["attempt"],
      earlierAttempts: row["earlier_attempts"], nextAttemptAt: row["next_attempt_at"],
      triedSince: row["tried_since"], jobID: row["job_id"], createdAt: row["created_at"],
      updatedAt: row["updated_at"], change: row["change"])
  }

  private struct UnknownStatus: Error {
    let status: String
  }

  static func find(_ id: OrderID, in database: Database) throws -> Order {
    let select = try database.cachedStatement(sql: "SELECT * FROM orders WHERE id = ?")
    guard let order = try fetchOne(select, arguments: [id]) else { throw OrderError.unknownOrder(id) }
    return order
  }

  /// The newest first.
  static func page(
    _ request: PageRequest, user: String?, status: Status?, in database: Database
  ) throws -> Page<Order> {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    if let user {
      conditions.append("user_id = ?")
      arguments += [user]
    }
    if let status {
      conditions.append("status = ?")
      arguments += [status.rawValue]
      // Said, so that the index of those that are not created is used.
      if status != .created { conditions.append("status <> 'CREATED'") }
    }
    if let after = request.after {
      conditions.append("id < ?")
      arguments += [after]
    }
    let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
    let select = try database.cachedStatement(
      sql: "SELECT * FROM orders \(condition) ORDER BY id DESC LIMIT ?")
    return Page(
      fetched: try fetchAll(select, arguments: arguments + [request.limit + 1]), limit: request.limit,
      key: \.id.rawValue)
  }

  /// Those that changed after `change`, in the order of their last changes.
  static func changed(after change: Int64, limit: Int, in database: Database) throws -> [Order] {
    let select = try database.cachedStatement(
      sql: "SELECT * FROM orders WHERE change > ? ORDER BY change LIMIT ?")
    return try fetchAll(select, arguments: [change, limit])
  }

  static func lastChange(in database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT max(change) FROM orders") ?? 0
  }
}
