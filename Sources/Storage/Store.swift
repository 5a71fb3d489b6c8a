import Foundation
public import GRDB
import Synchronization

/// A service's own SQLite file: every decision it ever made, and nothing of any other service.
///
/// Write-ahead log, `synchronous=FULL`: what was answered survives the loss of power. One connection does
/// all writes and all checkpoints, and one process owns the file: SQLite before 3.51.3 can corrupt a
/// write-ahead log that two connections write or checkpoint at the same moment. Readers are read-only. Beside a
/// replicator that copies the log, that one checkpoints, and nothing here does: ``Checkpoints/external``.
public final class Store: Sendable {
  /// The name of the owning service: `"delivery"`.
  public let service: String
  public let file: String
  /// Tells this store from every other of the same service: made with the file, and kept by it.
  public let instance: String
  private let pool: DatabasePool
  private let checkpoints: Checkpoints
  private let groupCommit: GroupCommit
  private let signals = CommitSignals()
  private let followers = Followers()
  private let lock: Mutex<StoreLock?>
  private let clock: @Sendable () -> Timestamp

  /// Opens `<folder>/<service>.sqlite`, creating folder and file, and brings its schema up to date.
  ///
  /// - Parameter lease: nothing is committed after its end.
  /// - Throws: ``StoreError``; `.inUse` at once when another process owns the file.
  public init(
    service: String, folder: String, migrations: [Migration], checkpoints: Checkpoints = .own,
    lease: Lease? = nil,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws {
    self.service = service
    self.checkpoints = checkpoints
    self.clock = clock
    file = "\(folder)/\(service).sqlite"
    do {
      // Readable by its owner only: it holds what is nobody else's business, keys among it.
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError.cannotOpen(file: file, reason: "its folder cannot be created")
    }
    lock = Mutex(try StoreLock(besides: file))
    do {
      try PrivateFile.make(at: file)
      pool = try DatabasePool(path: file, configuration: Self.configuration(service, checkpoints))
      try pool.writeWithoutTransaction { try Self.prepareWriter($0, checkpoints) }
      try migrations.apply(to: pool, file: file)
      instance = try pool.write(Self.identify)
    } catch let error as DatabaseError {
      throw StoreError.cannotOpen(file: file, reason: error.reason)
    }
    groupCommit = GroupCommit(
      pool: pool, service: service, instance: instance, signals: signals, followers: followers, lease: lease,
      clock: clock)
  }

  /// Decides, durably: when this returns, everything the decision wrote is on disk; when it throws, nothing
  /// of it is. Decisions that wait at the same time share one disk write.
  ///
  /// `decision` may run a second time when another unit of its group failed: it writes through the unit of
  /// work and nowhere else.
  public func write<Value: Sendable>(
    _ decision: @escaping @Sendable (UnitOfWork) throws -> Value
  ) async throws -> Value {
    guard lock.withLock({ $0 != nil }) else { throw StoreError.closed }
    return try await groupCommit.perform(decision)
  }

  /// Reads one consistent snapshot, beside the writer and without waiting for it.
  public func read<Value: Sendable>(
    _ value: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    guard lock.withLock({ $0 != nil }) else { throw StoreError.closed }
    do {
      return try await pool.read(value)
    } catch let error as DatabaseError where error.isStorageTrouble && error.resultCode != .SQLITE_READONLY {
      throw StoreError.unavailable(reason: error.reason)
    }
  }

  /// Wakes after every commit that raised `signal`; signals melt into one while the reader is busy.
  public func commits(raising signal: CommitSignal) -> AsyncStream<Void> {
    signals.stream(signal)
  }

  /// Has `decision` made in every transaction in which a unit raised `signal`, after its units: what follows from
  /// them is durable with them, and costs no commit of its own.
  ///
  /// It may run a second time, as in ``write(_:)``. What it throws fails the units too: it throws only when SQLite
  /// has given the transaction up.
  /// - Returns: ends it; a transaction under way may still run it.
  public func follow(
    _ signal: CommitSignal, _ decision: @escaping FollowingDecision
  ) -> @Sendable () -> Void {
    followers.add(decision, to: signal)
  }

  /// Lets the log grow by a commit that means nothing, for who watches a copy of it.
  public func commitNothing() async throws {
    try await write { work in
      let version = try Int32.fetchOne(work.database, sql: "PRAGMA user_version") ?? 0
      try work.database.execute(sql: "PRAGMA user_version = \(version &+ 1)")
    }
  }

  /// The time decisions are made at.
  public var now: Timestamp { clock() }

  /// The version of the SQLite library in use: `"3.40.1"`.
  public func sqliteVersion() async throws -> String {
    try await pool.read { try String.fetchOne($0, sql: "SELECT sqlite_version()") ?? "unknown" }
  }

  /// Waits for the units under way, folds the log into the file unless somebody else does that, lets the file go.
  /// Safe to call twice.
  public func close() async throws {
    guard lock.withLock({ $0 != nil }) else { return }
    if checkpoints == .own {
      _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    } else {
      try await pool.writeWithoutTransaction { _ in }
    }
    try pool.close()
    lock.withLock { $0 = nil }
  }

  private static func identify(_ database: Database) throws -> String {
    try database.execute(sql: "CREATE TABLE IF NOT EXISTS store (instance TEXT NOT NULL) STRICT")
    if let known = try String.fetchOne(database, sql: "SELECT instance FROM store") { return known }
    let instance = UUIDv7.next()
    try database.execute(sql: "INSERT INTO store VALUES (?)", arguments: [instance])
    return instance
  }

  private static func configuration(_ service: String, _ checkpoints: Checkpoints) -> Configuration {
    var configuration = Configuration()
    configuration.label = "store.\(service)"
    // Whoever checkpoints from outside takes the write lock for moments.
    if checkpoints == .external { configuration.busyMode = .timeout(5) }
    configuration.maximumReaderCount = 4
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF")
    }
    return configuration
  }

  private static func prepareWriter(_ database: Database, _ checkpoints: Checkpoints) throws {
    // GRDB chooses NORMAL, which may forget the last commits when the power goes.
    try database.execute(
      sql: """
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -8000;
        PRAGMA wal_autocheckpoint = \(checkpoints == .own ? 4000 : 0);
        PRAGMA journal_size_limit = 67108864;
        """)
  }
}
