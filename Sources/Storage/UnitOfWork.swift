public import GRDB
public import ServiceContextModule

/// What a decision gets: the one place from which a store may be written to.
///
/// Whoever holds it is inside a transaction, on the store's writing thread: no `await`, no network, no
/// clock but `now`. It must not leave the closure it was handed to.
public struct UnitOfWork {
  /// The connection, inside this unit's transaction.
  public let database: Database
  /// The time of this decision; the same for everything the unit writes.
  public let now: Timestamp
  /// The service whose store this is: `"delivery"`.
  public let service: String
  /// Tells this store from those of the service's other instances.
  public let instance: String
  /// The trace, correlation and cause of what is being decided.
  public let context: ServiceContext
  private let raised: RaisedSignals

  init(
    database: Database, now: Timestamp, service: String, instance: String, context: ServiceContext,
    raised: RaisedSignals
  ) {
    self.database = database
    self.now = now
    self.service = service
    self.instance = instance
    self.context = context
    self.raised = raised
  }

  /// The same unit, on behalf of another cause: one of the messages of a batch.
  public func on(behalfOf context: ServiceContext) -> UnitOfWork {
    UnitOfWork(
      database: database, now: now, service: service, instance: instance, context: context, raised: raised)
  }

  /// Wakes the listeners of `signal` once this unit has been committed.
  public func raiseOnCommit(_ signal: CommitSignal) {
    raised.signals.insert(signal)
  }

  /// Runs a part that can be undone alone: when `part` returns false or throws, what it wrote is rolled
  /// back and the unit goes on.
  @discardableResult
  public func undoable(_ part: () throws -> Bool) throws -> Bool {
    try database.savepoint()
    let keep: Bool
    do {
      keep = try part()
    } catch {
      try database.rollBackToSavepoint()
      throw error
    }
    if keep { try database.releaseSavepoint() } else { try database.rollBackToSavepoint() }
    return keep
  }
}

/// The signals of a transaction, raised when it is committed.
final class RaisedSignals {
  var signals: Set<CommitSignal> = []
}

extension Database {
  // Cached: a savepoint costs one bind and one step, not a parse.
  func savepoint() throws { try cachedStatement(sql: "SAVEPOINT unit").execute() }
  func releaseSavepoint() throws { try cachedStatement(sql: "RELEASE SAVEPOINT unit").execute() }

  /// Rolls back to the innermost savepoint and drops it. Does nothing when SQLite has already rolled the
  /// whole transaction back by itself, as it does when the disk is full.
  func rollBackToSavepoint() throws {
    guard isInsideTransaction else { return }
    try cachedStatement(sql: "ROLLBACK TRANSACTION TO SAVEPOINT unit").execute()
    try releaseSavepoint()
  }
}
