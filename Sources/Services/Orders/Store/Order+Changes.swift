import Contracts
import GRDB
import Jobs
import Messaging
import Storage

// Every change takes the next place in the stream of changes, and wakes who waits for this order or watches all.

extension UnitOfWork {
  /// Accepts an order, and sets its completion going.
  func accept(user: Reference, product: Reference) throws -> OrderID {
    let id = OrderID.new(at: now)
    let work = OrderWork(order: id, user: user.text, product: product.text, createdAt: now)
    let job = try enqueue(CompleteOrder(work: work))
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO orders (id, user_id, product_code, status, tried_since, job_id, created_at, updated_at, change)
        VALUES (?1, ?2, ?3, 'PENDING', ?4, ?5, ?4, ?4, \(Self.nextChange))
        """)
    try insert.execute(arguments: [id, user.text, product.text, now, job.id])
    raiseOnCommit(.orderChanges)
    return id
  }

  /// - Returns: false when the order was over already: then nothing was written.
  func complete(_ id: OrderID, with details: OrderDetails, attempt: Int) throws -> Bool {
    try change(
      id,
      """
      status = 'CREATED', customer_fullname = ?, product_name = ?, total_amount = ?, is_stale = ?,
      attempt = earlier_attempts + ?, reason = NULL, next_attempt_at = NULL
      """,
      [
        details.customerFullname, details.productName, details.totalAmount.minorUnits, details.isStale,
        attempt,
      ])
  }

  func willRetry(_ id: OrderID, attempt: Int, because reason: String, next: Timestamp) throws -> Bool {
    try change(
      id, "attempt = earlier_attempts + ?, reason = ?, next_attempt_at = ?", [attempt, reason, next])
  }

  /// Another job has it from here on.
  func handOver(_ id: OrderID, attempt: Int, to job: String, because reason: String) throws -> Bool {
    try change(
      id,
      """
      earlier_attempts = earlier_attempts + ? - 1, attempt = earlier_attempts + ?, job_id = ?, reason = ?,
      next_attempt_at = NULL
      """,
      [attempt, attempt, job, reason])
  }

  /// - Parameter attempt: nil when the reason is no attempt.
  func fail(_ id: OrderID, because reason: String, field: OrderField? = nil, attempt: Int? = nil) throws
    -> Bool
  {
    try change(
      id,
      """
      status = 'FAILED', reason = ?, wrong_field = ?, next_attempt_at = NULL,
      attempt = coalesce(earlier_attempts + ?, attempt)
      """, [reason, field?.rawValue, attempt])
  }

  /// Somebody had its job tried again: its attempts and its time begin anew.
  func takeUpAgain(_ id: OrderID) throws -> Bool {
    try change(
      id, "status = 'PENDING', reason = NULL, attempt = 0, earlier_attempts = 0, tried_since = ?", [now],
      from: .failed)
  }

  private func change(
    _ id: OrderID, _ assignments: String, _ values: StatementArguments, from status: Order.Status = .pending
  ) throws -> Bool {
    let update = try database.cachedStatement(
      sql: """
        UPDATE orders SET \(assignments), updated_at = ?, change = \(Self.nextChange)
        WHERE id = ? AND status = '\(status.rawValue)'
        """)
    try update.execute(arguments: values + [now, id])
    guard database.changesCount == 1 else { return false }
    raiseOnCommit(.orderChanges)
    raiseOnCommit(.changes(of: id))
    return true
  }

  private static var nextChange: String { "(SELECT coalesce(max(change), 0) + 1 FROM orders)" }
}

extension CommitSignal {
  /// Orders came or changed.
  static let orderChanges = CommitSignal("orders.changes")
  /// This order changed.
  static func changes(of order: OrderID) -> CommitSignal { CommitSignal("orders.changes.of.\(order)") }
}
