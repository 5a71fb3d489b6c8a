import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage

/// A dead letter as an operator reads it.
struct ReadLetter: Decodable, Hashable, Sendable {
  let id: String
  let eventID: String?
  let type: String?
  let state: String
  let reason: String
  let fingerprint: String
  let settledBy: String?
  let redriveID: String?
}

struct ReadGroup: Decodable, Hashable, Sendable {
  let fingerprint: String
  let kind: String
  let type: String?
  let topic: String
  let sentence: String
  let count: Int
  let oldest: String
  let newest: String
  let exampleID: String
  let exampleReason: String
}

struct ReadRedrive: Decodable, Hashable, Sendable {
  struct Filter: Decodable, Hashable, Sendable {
    let kind: String?
    let fingerprint: String?
    let type: String?
    let bornBefore: String?
    let bornAfter: String?
  }

  let id: String
  let by: String
  let why: String
  let ids: [String]?
  let filter: Filter?
  let perSecond: Double?
  let stopOnSameFailure: Bool
  let state: String
  let total: Int
  let redriven: Int
  let skipped: Int
  let failedAgain: Int
  let stopReason: String?
  let finishedAt: String?
}

extension TestBench {
  /// Jobs that died, each for the reason given; nobody here can run them again.
  func bury(_ reasons: String..., kind: String = "test.job", ago age: Duration = .zero) async throws {
    try await store.write { work in
      for reason in reasons {
        try DeadLetters.bury(
          job: UUIDv7.next(at: work.now), kind: kind, payload: Data("{}".utf8), reason: reason, attempts: 3,
          work)
      }
      try work.database.execute(
        sql: "UPDATE dead_letters SET created_at = created_at - ? WHERE type = ?",
        arguments: [age.inMilliseconds, kind])
    }
  }
}

extension Caller {
  /// From the newest on.
  func letters(_ query: String = "") async throws -> [ReadLetter] {
    try await get("/dead-letters\(query)").json(ReadPage<ReadLetter>.self).items
  }

  func groups(_ query: String = "") async throws -> [ReadGroup] {
    try await get("/dead-letters/groups\(query)").json(ReadPage<ReadGroup>.self).items
  }

  func redrive(_ order: String, key: String? = nil) async throws -> TestResponse {
    try await send(.post, "/dead-letters/redrive", order, key: key)
  }
}
