import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import HTTPAPI

/// One effect, however often a client repeats itself under one Idempotency-Key.
@Suite struct RepeatingRequests {
  let service: NotesService

  init() throws { service = try NotesService() }

  private func remembered() async throws -> Int {
    try await service.store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM idempotency") ?? 0 }
  }

  @Test func `the same request gets the same answer and no second effect`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    try await service.app().test(.router) { client in
      let first = try await client.post("/notes", headers, #"{"name":"one"}"#)
      let second = try await client.post("/notes", headers, #"{"name":"one"}"#)
      #expect(first.status == .created)
      #expect(first.headers[.idempotencyReplayed] == nil)
      #expect(second.status == .created)
      #expect(second.text == first.text)
      #expect(second.headers[.location] == "/notes/1")
      #expect(second.headers[.contentType] == "application/json")
      #expect(second.headers[.idempotencyReplayed] == "true")
      #expect(second.headers[.requestID] != first.headers[.requestID])
    }
    #expect(try await service.noteCount() == 1)
  }

  @Test func `another body under the same key is refused`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes", headers, #"{"name":"one"}"#)
      let other = try await client.post("/notes", headers, #"{"name":"two"}"#)
      #expect(other.status == .unprocessableContent)
      #expect(try other.problem().type == "urn:waybill:problem:idempotency-key-reused")
      let query = try await client.post("/notes?draft=1", headers, #"{"name":"one"}"#)
      #expect(query.status == .unprocessableContent)
    }
    #expect(try await service.noteCount() == 1)
  }

  @Test func `twenty at once have one effect and twenty equal answers`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    let answers = try await service.app().test(.router) { client in
      try await withThrowingTaskGroup(of: TestResponse.self) { group in
        for _ in 0..<20 { group.addTask { try await client.post("/notes", headers, #"{"name":"one"}"#) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(answers.count == 20)
    #expect(answers.allSatisfy { $0.status == .created })
    #expect(Set(answers.map(\.text)).count == 1)
    #expect(answers.filter { $0.headers[.idempotencyReplayed] == nil }.count == 1)
    #expect(try await service.noteCount() == 1)
  }

  @Test func `a key is its principal's own`() async throws {
    let ada = try await service.signedIn(subject: "ada", key: "k-1")
    let grace = try await service.signedIn(subject: "grace", key: "k-1")
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes", ada, #"{"name":"one"}"#)
      let other = try await client.post("/notes", grace, #"{"name":"two"}"#)
      #expect(other.status == .created)
      #expect(other.headers[.idempotencyReplayed] == nil)
    }
    #expect(try await service.noteCount() == 2)
  }

  @Test func `a key belongs to one path`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes", headers, #"{"name":"one"}"#)
      let other = try await client.post("/notes/copies", headers, "")
      #expect(other.status == .noContent)
    }
    #expect(try await service.noteCount() == 2)
  }

  @Test func `without a key every request has its effect, and none is remembered`() async throws {
    let headers = try await service.signedIn()
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes/copies", headers, "")
      _ = try await client.post("/notes/copies", headers, "")
    }
    #expect(try await service.noteCount() == 2)
    #expect(try await remembered() == 0)
  }

  @Test func `a decision without a body is repeated like any other`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    try await service.app().test(.router) { client in
      let first = try await client.post("/notes/copies", headers, "")
      let second = try await client.post("/notes/copies", headers, "")
      #expect(first.status == .noContent)
      #expect(second.status == .noContent)
      #expect(second.headers[.idempotencyReplayed] == "true")
      #expect(second.text.isEmpty)
    }
    #expect(try await service.noteCount() == 1)
  }

  @Test func `a decision that throws leaves nothing behind, and its key may try again`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    try await service.app().test(.router) { client in
      let refused = try await client.post("/notes", headers, #"{"name":"taken"}"#)
      #expect(refused.status == .conflict)
      #expect(try await service.noteCount() == 0)
      #expect(try await remembered() == 0)
      let accepted = try await client.post("/notes", headers, #"{"name":"free"}"#)
      #expect(accepted.status == .created)
    }
  }

  @Test func `an answer is remembered across a restart`() async throws {
    let headers = try await service.signedIn(key: "k-1")
    let first = try await service.app().test(.router) {
      try await $0.post("/notes", headers, #"{"name":"one"}"#).text
    }
    try await service.store.close()
    let restarted = try NotesService(scratch: service.scratch)
    let again = try await restarted.signedIn(key: "k-1")
    let second = try await restarted.app().test(.router) {
      try await $0.post("/notes", again, #"{"name":"one"}"#)
    }
    #expect(second.text == first)
    #expect(second.headers[.idempotencyReplayed] == "true")
  }

  @Test(arguments: ["", "\"\"", "schlüssel", String(repeating: "k", count: 256)])
  func `a key that is none is refused`(_ key: String) async throws {
    let headers = try await service.signedIn(key: key)
    let response = try await service.app().test(.router) {
      try await $0.post("/notes", headers, #"{"name":"one"}"#)
    }
    #expect(response.status == .badRequest)
    #expect(try await service.noteCount() == 0)
  }

  @Test func `a key may be quoted, as the draft asks, or bare, as clients do`() async throws {
    let quoted = try await service.signedIn(key: #""k 1""#)
    let bare = try await service.signedIn(key: "k 1")
    try await service.app().test(.router) { client in
      _ = try await client.post("/notes", quoted, #"{"name":"one"}"#)
      let second = try await client.post("/notes", bare, #"{"name":"one"}"#)
      #expect(second.headers[.idempotencyReplayed] == "true")
    }
  }

  @Test func `answers are forgotten by age, oldest first`() async throws {
    try await service.app().test(.router) { client in
      for number in 0..<5 {
        let headers = try await service.signedIn(key: "k-\(number)")
        _ = try await client.post("/notes/copies", headers, "")
        service.time.advance(by: .hours(1))
      }
    }
    service.time.advance(by: .hours(20))
    let first = try await service.store.write { try pruneIdempotencyKeys(in: $0, limit: 1) }
    #expect(first == 1)
    let none = try await service.store.write { try pruneIdempotencyKeys(in: $0) }
    #expect(none == 0)
    let rest = try await service.store.write { try pruneIdempotencyKeys(in: $0, before: $0.now) }
    #expect(rest == 4)
    #expect(try await remembered() == 0)
  }
}
