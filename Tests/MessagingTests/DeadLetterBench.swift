import Foundation
import GRDB
import Logging
import Messaging
import Storage

/// A store with dead letters, and what it takes to redrive them; no broker.
final class DeadLetterBench: Sendable {
  let folder: String
  let logger: Logger

  init() {
    folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    self.logger = logger
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  func store(_ migrations: [Migration] = .messaging + TestBench.schema) throws -> Store {
    try Store(service: "reader", folder: folder, migrations: migrations)
  }

  /// Writes down the jobs that are run again.
  func runner(_ store: Store, _ clock: any Clock<Duration>) -> RedriveRunner {
    RedriveRunner(
      store: store,
      jobs: { id, work in
        try work.database.execute(sql: "INSERT INTO seen (id, number) VALUES (?, 0)", arguments: [id])
        work.raiseOnCommit(.seen)
        return true
      }, clock: clock, logger: logger)
  }
}

extension Store {
  /// Jobs that died, each for the reason given.
  func bury(_ reasons: [String], kind: String = "test.job", from first: Int = 0) async throws {
    try await write { work in
      for (number, reason) in reasons.enumerated() {
        try DeadLetters.bury(
          job: "job-\(first + number)", kind: kind, payload: Data("{}".utf8), reason: reason, attempts: 3,
          work)
      }
    }
  }

  /// From the oldest on.
  func letters(_ filter: DeadLetterFilter = DeadLetterFilter(state: nil)) async throws -> [DeadLetter] {
    try await read { try DeadLetters.list(PageRequest(limit: 500), filter, in: $0).items.reversed() }
  }

  func begin(_ order: RedriveOrder) async throws -> Redrive {
    try await write { try Redrive.begin(order, $0) }
  }

  func redrive(_ id: String) async throws -> Redrive? {
    try await read { try Redrive.find(id, in: $0) }
  }
}

extension RedriveOrder {
  /// Of everything that is dead.
  static func all(perSecond: Double? = nil, stopOnSameFailure: Bool = true) -> RedriveOrder {
    RedriveOrder(
      .matching(DeadLetterFilter()), by: "ada", why: "mended", perSecond: perSecond,
      stopOnSameFailure: stopOnSameFailure)
  }
}

extension Redrive {
  /// Total, redriven, skipped, failed again.
  var counts: [Int] { [total, redriven, skipped, failedAgain] }
}
