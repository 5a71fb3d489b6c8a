import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Storage

@testable import HTTPAPI

/// The smallest service: it keeps notes.
final class NotesService: Sendable {
  struct NewNote: Decodable, Sendable {
    enum Colour: String, Decodable {
      case red, green
    }

    struct Line: Decodable {
      let text: String
    }

    let name: String
    var count: Int?
    var due: Timestamp?
    var colour: Colour?
    var lines: [Line]?
    var labels: [String: Int]?
  }

  struct Note: Encodable, Sendable {
    let id: Int64
    let name: String
  }

  enum Rule: ProblemConvertible {
    case nameTaken

    var problem: Problem { .conflict("name-taken", title: "There is a note of this name") }
  }

  static let migrations: [Migration] =
    .idempotency + [
      Migration("notes.1", "CREATE TABLE note (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT")
    ]

  let scratch: Scratch
  let time = TestTime()
  let issuer = Issuer(kids: "k1")
  let verifier: TokenVerifier
  let store: Store

  init(scratch: Scratch? = nil) throws {
    self.scratch = try scratch ?? Scratch()
    verifier = TokenVerifier(
      source: issuer.source, issuer: nil, audience: nil, cacheCapacity: 8, clock: time.clock)
    store = try Store(
      service: "notes", folder: self.scratch.folder, migrations: Self.migrations, clock: time.clock)
  }

  func api(_ more: (API) -> Void = { _ in }) -> API {
    let store = store
    let api = API(service: "notes", store: store, verifier: verifier, openapi: "openapi: 3.1.0\n")
    api.read("/notes/{id}", scope: "notes:read") { call in
      let id = try call.parameter("id")
      let name = try await store.read {
        try String.fetchOne($0, sql: "SELECT name FROM note WHERE id = ? OR name = ?", arguments: [id, id])
      }
      guard let name else { throw Problem.notFound("There is no note \(id).") }
      return .ok(["name": name, "reader": call.principal.subject])
    }
    api.decide(.post, "/notes", scope: "notes:write", NewNote.self) { call, new, work in
      try work.database.execute(sql: "INSERT INTO note (name) VALUES (?)", arguments: [new.name])
      let id = work.database.lastInsertedRowID
      if new.name == "taken" { throw Rule.nameTaken }
      return .created(Note(id: id, name: new.name), location: "/notes/\(id)")
    }
    api.decide(.post, "/notes/copies", scope: "notes:write") { call, work in
      try work.database.execute(sql: "INSERT INTO note (name) VALUES (?)", arguments: [UUIDv7.next()])
      return .noContent
    }
    more(api)
    return api
  }

  func app(logger: Logger? = nil, _ more: (API) -> Void = { _ in }) -> some ApplicationProtocol {
    api(more).application(logger: logger)
  }

  func token(subject: String = "ada", scope: String = "notes:read notes:write") async throws -> String {
    try await issuer.token("k1", subject: subject, scope: scope, expires: time.now + .hours(1))
  }

  /// The headers of a JSON request by `subject`.
  func signedIn(subject: String = "ada", key: String? = nil) async throws -> HTTPFields {
    var headers: HTTPFields = [
      .authorization: "Bearer \(try await token(subject: subject))", .contentType: "application/json",
    ]
    headers[.idempotencyKey] = key
    return headers
  }

  func noteCount() async throws -> Int {
    try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM note") ?? 0 }
  }
}
