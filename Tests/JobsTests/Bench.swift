import Foundation
import GRDB
import Jobs
import Logging
import Messaging
import RoomTesting
import ServiceLifecycle
import Storage
import Synchronization
import Testing

/// A job whose worker does what a test says about its text.
struct Note: Job {
  static let kind = "test.note"

  let text: String
  var lane: String?
  var uniqueKey: String?

  init(_ text: String, lane: String? = nil, uniqueKey: String? = nil) {
    self.text = text
    self.lane = lane
    self.uniqueKey = uniqueKey
  }
}

/// A job that is nothing but its row.
struct Nothing: Job {
  static let kind = "test.nothing"
  let number: Int
}

struct DoingNothing: JobWorker {
  let concurrency = 256
  func perform(_ job: Nothing, _ run: JobRun) async throws {}
}

/// Writes the beginning and the end of every run down, in order: `"begin a 1"`, `"succeeded a 1"`.
struct Noting: JobWorker {
  typealias Deciding = @Sendable (Note, JobRun, UnitOfWork) throws -> Void

  let concurrency: Int
  let policy = RetryPolicy(
    firstDelay: .milliseconds(1), largestDelay: .milliseconds(2), attempts: 3)
  let cancellationDeadline: Duration
  private let onBegin: Deciding
  private let onSettle: Deciding
  private let onPerform: @Sendable (Note, JobRun) async throws -> Void

  init(
    concurrency: Int = 4, cancellationDeadline: Duration = .seconds(20),
    onBegin: @escaping Deciding = { _, _, _ in }, onSettle: @escaping Deciding = { _, _, _ in },
    onPerform: @escaping @Sendable (Note, JobRun) async throws -> Void = { _, _ in }
  ) {
    self.concurrency = concurrency
    self.cancellationDeadline = cancellationDeadline
    self.onBegin = onBegin
    self.onSettle = onSettle
    self.onPerform = onPerform
  }

  init(
    concurrency: Int = 4, cancellationDeadline: Duration = .seconds(20),
    _ onPerform: @escaping @Sendable (Note, JobRun) async throws -> Void
  ) {
    self.init(
      concurrency: concurrency, cancellationDeadline: cancellationDeadline, onBegin: { _, _, _ in },
      onSettle: { _, _, _ in }, onPerform: onPerform)
  }

  func begin(_ job: Note, _ run: JobRun, _ work: UnitOfWork) throws {
    try work.writeDown("begin \(job.text) \(run.attempt)")
    try onBegin(job, run, work)
  }

  func perform(_ job: Note, _ run: JobRun) async throws { try await onPerform(job, run) }

  func settle(_ job: Note, _ run: JobRun, _ outcome: JobOutcome<Void>, _ work: UnitOfWork) throws {
    let word =
      switch outcome {
      case .succeeded: "succeeded"
      case .retried: "retried"
      case .dead: "dead"
      case .cancelled: "cancelled"
      }
    try work.writeDown("\(word) \(job.text) \(run.attempt)")
    try onSettle(job, run, work)
  }
}

extension CommitSignal {
  static let seen = CommitSignal("seen")
}

extension UnitOfWork {
  func writeDown(_ what: String) throws {
    try database.execute(sql: "INSERT INTO seen (what) VALUES (?)", arguments: [what])
    raiseOnCommit(.seen)
  }
}

/// A folder with one store, and runners over it.
final class JobsBench: Sendable {
  private static let schema = Migration(
    "test.1", "CREATE TABLE seen (seq INTEGER PRIMARY KEY, what TEXT NOT NULL) STRICT")

  let folder: String
  let store: Store
  private let logger: Logger

  init(clock: @escaping @Sendable () -> Timestamp = { .now }) throws {
    folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
    store = try Store(
      service: "test", folder: folder,
      migrations: [Migration].messaging + [Migration].jobs + [Self.schema], clock: clock)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs the jobs around `body`, then stops cleanly.
  func running<Value: Sendable>(
    _ worker: any JobWorker = Noting(), periodic: [PeriodicJob] = [],
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let runner = JobRunner(store: store, workers: [worker], periodic: periodic, logger: logger)
    let group = ServiceGroup(services: [runner], logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let result: Result<Value, any Error>
      do {
        result = .success(try await body())
      } catch {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return try result.get()
    }
  }

  @discardableResult
  func enqueue(_ notes: Note...) async throws -> [String] {
    try await store.write { work in try notes.map { try work.enqueue($0).id } }
  }

  func seen() async throws -> [String] {
    try await store.read { try String.fetchAll($0, sql: "SELECT what FROM seen ORDER BY seq") }
  }

  func state(_ id: String) async throws -> JobState? {
    try await store.read {
      try String.fetchOne($0, sql: "SELECT state FROM jobs WHERE id = ?", arguments: [id])
    }.flatMap { JobState(rawValue: $0) }
  }

  func count(_ sql: String) async throws -> Int {
    try await store.read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  func change(_ sql: String) async throws {
    try await store.write { try $0.database.execute(sql: sql) }
  }

  func deadLetters() async throws -> [DeadLetter] {
    try await store.read {
      try DeadLetters.list(PageRequest(limit: 100, after: nil), all: false, in: $0).items
    }
  }

  func until(
    seen what: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await until(sourceLocation: sourceLocation) { Set(try await self.seen()).isSuperset(of: what) }
  }

  func until(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Sendable () async throws -> Bool
  ) async throws {
    try await store.until(sourceLocation: sourceLocation, condition)
  }
}

/// Holds runs up until it is opened.
final class Gate: Sendable {
  private let opening = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

  func open() {
    let waiters = opening.withLock { opening in
      opening.isOpen = true
      defer { opening.waiters = [] }
      return opening.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Waits and takes no notice of being cancelled.
  func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = opening.withLock { opening in
        if !opening.isOpen { opening.waiters.append(continuation) }
        return opening.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// Waits, and throws when cancelled.
  func passOrBeCancelled() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let opened = Task {
      await pass()
      continuation.finish()
    }
    for await _ in stream {}
    _ = opened
    try Task.checkCancellation()
  }
}

/// What runs count together.
final class Tally: Sendable {
  private let counts = Mutex<(now: Int, most: Int)>((0, 0))

  var most: Int { counts.withLock { $0.most } }

  /// - Returns: how many are inside now, this one included.
  @discardableResult
  func enter() -> Int {
    counts.withLock { counts in
      counts.now += 1
      counts.most = max(counts.most, counts.now)
      return counts.now
    }
  }

  func leave() { counts.withLock { $0.now -= 1 } }
}

/// A clock that stands still until it is moved.
final class StandingClock: Sendable {
  private let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

  var now: Timestamp { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
