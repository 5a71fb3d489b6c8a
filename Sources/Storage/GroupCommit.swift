import GRDB
import Logging
import Metrics
import ServiceContextModule
import Synchronization

/// Commits units of work that wait at the same time in one transaction.
///
/// One synchronous disk write then makes all of them durable, and a unit that fails is rolled back alone. Most
/// units succeed, or fail before they have written anything: so a group first runs without savepoints, and only
/// when a unit fails after writing does the whole group run again, each unit under a savepoint of its own.
/// While one group is on its way to the disk the next one gathers, so that the group grows with the load
/// and nobody waits for a timer.
final class GroupCommit: Sendable {
  private struct Queue {
    var waiting: [any PendingUnit] = []
    var isDraining = false
  }

  /// Bounds how long the first of a group waits for the last.
  private static let largestGroup = 512

  private let pool: DatabasePool
  private let service: String
  private let instance: String
  private let signals: CommitSignals
  private let followers: Followers
  private let lease: Lease?
  private let clock: @Sendable () -> Timestamp
  private let queue = Mutex(Queue())
  private let groupSize: Recorder
  private let commitTime: Timer

  init(
    pool: DatabasePool, service: String, instance: String, signals: CommitSignals, followers: Followers,
    lease: Lease?, clock: @escaping @Sendable () -> Timestamp
  ) {
    self.pool = pool
    self.service = service
    self.instance = instance
    self.signals = signals
    self.followers = followers
    self.lease = lease
    self.clock = clock
    let dimensions = [("service", service)]
    groupSize = Recorder(label: "storage.commit.units", dimensions: dimensions, aggregate: true)
    commitTime = Timer(label: "storage.commit.duration", dimensions: dimensions)
  }

  func perform<Value: Sendable>(
    _ decision: @escaping @Sendable (UnitOfWork) throws -> Value
  ) async throws -> Value {
    let context = ServiceContext.current ?? .topLevel
    return try await withCheckedThrowingContinuation { continuation in
      enqueue(Unit(decision: decision, context: context, continuation: continuation))
    }
  }

  private func enqueue(_ unit: any PendingUnit) {
    let starts = queue.withLock { queue in
      queue.waiting.append(unit)
      defer { queue.isDraining = true }
      return !queue.isDraining
    }
    if starts { pool.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  private func drain(_ database: Database) {
    while let group = nextGroup() {
      groupSize.record(group.count)
      let started = ContinuousClock.now
      commit(group, database)
      commitTime.recordNanoseconds((ContinuousClock.now - started).inNanoseconds)
    }
  }

  private func nextGroup() -> [any PendingUnit]? {
    queue.withLock { queue in
      guard !queue.waiting.isEmpty else {
        queue.isDraining = false
        return nil
      }
      if queue.waiting.count <= Self.largestGroup {
        defer { queue.waiting.removeAll(keepingCapacity: true) }
        return queue.waiting
      }
      defer { queue.waiting.removeFirst(Self.largestGroup) }
      return Array(queue.waiting.prefix(Self.largestGroup))
    }
  }

  private func commit(_ group: [any PendingUnit], _ database: Database) {
    do {
      do {
        try transaction(group, underSavepoints: false, database)
      } catch is WroteAndFailed {
        try transaction(group, underSavepoints: true, database)
      }
    } catch {
      // SQLite undid the whole transaction, or refused to commit it: nothing of this group took place.
      // The disk fails everyone alike; anything else is the fault of one unit, which is then found by
      // giving each a transaction of its own.
      if let error = error as? DatabaseError, error.isStorageTrouble {
        let trouble = StoreError.unavailable(reason: error.reason)
        for unit in group { unit.fail(trouble) }
      } else if error as? StoreError == .leaseOver {
        for unit in group { unit.fail(error) }
      } else if group.count == 1 {
        group[0].fail(error)
      } else {
        for unit in group { commit([unit], database) }
      }
    }
  }

  /// - Throws: when the transaction as a whole failed; no unit has been answered then.
  private func transaction(
    _ group: [any PendingUnit], underSavepoints: Bool, _ database: Database
  ) throws {
    let now = clock()
    let raised = RaisedSignals()
    let afterCommit: [@Sendable () -> Void]
    let written = database.totalChangesCount
    try database.beginTransaction(.immediate)
    do {
      for unit in group {
        let work = UnitOfWork(
          database: database, now: now, service: service, instance: instance, context: unit.context,
          raised: raised)
        if underSavepoints {
          try unit.runUnderSavepoint(work)
        } else {
          try unit.run(work, isAlone: group.count == 1)
        }
      }
      afterCommit = try followers.of(raised.signals).map { decide in
        try decide(
          UnitOfWork(
            database: database, now: now, service: service, instance: instance, context: .topLevel,
            raised: raised))
      }
      if !raised.signals.isEmpty && database.totalChangesCount > written {
        Failpoint.beforeCommit.reach(in: service)
      }
      try lease?.check()
      try database.commit()
    } catch {
      if database.isInsideTransaction { try database.rollback() }
      throw error
    }
    for act in afterCommit { act() }
    signals.raise(raised.signals)
    for unit in group { unit.succeed() }
  }
}

/// A unit had written something before it failed: what it wrote can only be told from the rest by a savepoint.
private struct WroteAndFailed: Error {}

extension Duration {
  var inNanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}

private protocol PendingUnit: Sendable {
  var context: ServiceContext { get }
  /// Runs the decision as it is. One that fails before it has written anything needs no undoing.
  /// - Throws: ``WroteAndFailed``, or what makes the whole transaction fail.
  func run(_ work: UnitOfWork, isAlone: Bool) throws
  /// Runs the decision so that it can be undone alone.
  /// - Throws: only when the whole transaction is lost; a failure of the decision is kept for `succeed`.
  func runUnderSavepoint(_ work: UnitOfWork) throws
  /// Answers with the decision's own result, value or error, now that the group is committed.
  func succeed()
  /// Answers that nothing took place.
  func fail(_ error: any Error)
}

private final class Unit<Value: Sendable>: PendingUnit {
  let context: ServiceContext
  private let decision: @Sendable (UnitOfWork) throws -> Value
  private let continuation: CheckedContinuation<Value, any Error>
  private let result = Mutex<Result<Value, any Error>?>(nil)

  init(
    decision: @escaping @Sendable (UnitOfWork) throws -> Value, context: ServiceContext,
    continuation: CheckedContinuation<Value, any Error>
  ) {
    self.decision = decision
    self.context = context
    self.continuation = continuation
  }

  func run(_ work: UnitOfWork, isAlone: Bool) throws {
    let changesBefore = work.database.totalChangesCount
    do {
      let value = try decision(work)
      result.withLock { $0 = .success(value) }
    } catch {
      if let error = error as? DatabaseError, error.isStorageTrouble { throw error }
      guard work.database.isInsideTransaction else { throw error }
      guard work.database.totalChangesCount == changesBefore else {
        // Alone, it is undone with its transaction.
        if isAlone { throw error }
        throw WroteAndFailed()
      }
      result.withLock { $0 = .failure(error) }
    }
  }

  func runUnderSavepoint(_ work: UnitOfWork) throws {
    let database = work.database
    do {
      try database.savepoint()
      let value = try decision(work)
      try database.releaseSavepoint()
      result.withLock { $0 = .success(value) }
    } catch {
      if let error = error as? DatabaseError, error.isStorageTrouble { throw error }
      guard database.isInsideTransaction else { throw error }
      try database.rollBackToSavepoint()
      result.withLock { $0 = .failure(error) }
    }
  }

  func succeed() {
    guard let result = result.withLock({ $0 }) else { return }
    continuation.resume(with: result)
  }

  func fail(_ error: any Error) {
    continuation.resume(throwing: error)
  }
}
