import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Storage
import Testing

@testable import HTTPAPI

/// What a client is told when something goes wrong, and what it is not.
@Suite struct AnsweringErrors {
  struct Secret: Error, CustomStringConvertible {
    var description: String { "password=hunter2 at Secret.swift:42" }
  }

  let service: NotesService

  init() throws { service = try NotesService() }

  private func posting(_ body: String, logger: Logger? = nil, _ more: (API) -> Void = { _ in }) async throws
    -> TestResponse
  {
    let headers = try await service.signedIn()
    return try await service.app(logger: logger, more).test(.router) {
      try await $0.post("/notes", headers, body)
    }
  }

  private func failing(with error: any Error & Sendable, logger: Logger? = nil) async throws -> TestResponse {
    let headers = try await service.signedIn()
    return try await service.app(logger: logger) { api in
      api.act(.post, "/failures", scope: "notes:write") { _ in throw error }
    }.test(.router) { try await $0.post("/failures", headers, "") }
  }

  @Test func `a broken rule is told as the service maps it, and nothing is kept`() async throws {
    let response = try await posting(#"{"name":"taken"}"#)
    #expect(response.status == .conflict)
    #expect(try response.problem().type == "urn:waybill:problem:name-taken")
    #expect(try await service.noteCount() == 0)
  }

  @Test func `what nobody expected is told as an id only, and logged under it`() async throws {
    let log = LogCollector()
    let response = try await failing(with: Secret(), logger: log.logger)
    #expect(response.status == .internalServerError)
    #expect(!response.text.contains("hunter2"))
    #expect(!response.text.contains("Secret"))
    let instance = try #require(try response.problem().instance)
    let requestID = try #require(response.headers[.requestID])
    #expect(instance == "urn:uuid:\(requestID)")
    let entry = try #require(log.entries.first { $0.level == .error })
    #expect(entry.metadata["request.id"] == "\(requestID)")
    #expect("\(entry.metadata)".contains("hunter2"))
  }

  @Test func `a constraint of the database is not told outside`() async throws {
    _ = try await posting(#"{"name":"one"}"#)
    let response = try await posting(#"{"name":"one"}"#)
    #expect(response.status == .internalServerError)
    #expect(!response.text.contains("UNIQUE"))
    #expect(!response.text.contains("note"))
  }

  @Test func `a body that a decision fails to decode is not the client's fault`() async throws {
    let error = DecodingError.keyNotFound(
      JSONKey(stringValue: "x"), .init(codingPath: [], debugDescription: "stored"))
    let response = try await failing(with: error)
    #expect(response.status == .internalServerError)
  }

  @Test(arguments: [StoreError.unavailable(reason: "database or disk is full"), .closed])
  func `a store that cannot be written to means later`(_ error: StoreError) async throws {
    let response = try await failing(with: error)
    #expect(response.status == .serviceUnavailable)
    #expect(response.headers[.retryAfter] == "5")
    #expect(try response.problem().type == "urn:waybill:problem:unavailable")
    #expect(!response.text.contains("disk is full"))
  }

  @Test func `a full disk means later, and everything is as before`() async throws {
    try await service.store.write { work in
      let pages = try Int.fetchOne(work.database, sql: "PRAGMA page_count") ?? 0
      try work.database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let name = String(repeating: "a", count: 500_000)
    let response = try await posting(#"{"name":"\#(name)"}"#)
    #expect(response.status == .serviceUnavailable)
    #expect(try await service.noteCount() == 0)
    try await service.store.write { try $0.database.execute(sql: "PRAGMA max_page_count = 1000000") }
    let again = try await posting(#"{"name":"\#(name)"}"#)
    #expect(again.status == .created)
  }

  @Test func `a closed store means later`() async throws {
    try await service.store.close()
    let response = try await posting(#"{"name":"one"}"#)
    #expect(response.status == .serviceUnavailable)
  }

  @Test func `an answer that cannot be written as JSON is the service's fault`() async throws {
    let headers = try await service.signedIn()
    let response = try await service.app { api in
      api.read("/numbers", scope: "notes:read") { _ in .ok(["number": Double.nan]) }
    }.test(.router) { try await $0.get("/numbers", headers) }
    #expect(response.status == .internalServerError)
  }
}

struct JSONKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
