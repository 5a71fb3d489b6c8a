import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// What an operator can do about dead letters, on every service. Trying them again is in ``RedriveRoutes``.
struct DeadLetterRoutes {
  private struct Decision: Decodable, Sendable {
    let ids: [String]
  }

  private struct Outcome: Encodable, Sendable {
    /// The ids that were settled by this request.
    let settled: [String]
    /// Unknown, or settled before.
    let skipped: [String]
  }

  let store: Store
  /// Runs a dead job again, and says whether it could.
  var jobs: @Sendable (String, UnitOfWork) throws -> Bool = { _, _ in false }

  func register(on api: API) {
    api.read("/dead-letters", scope: "dead-letters:read") { call in
      let page = try call.page()
      let filter = try call.deadLetterFilter(at: store.now)
      return try .ok(await store.read { try DeadLetters.list(page, filter, in: $0) })
    }
    api.read("/dead-letters/groups", scope: "dead-letters:read") { call in
      let page = try call.page()
      let filter = try call.deadLetterFilter(at: store.now)
      return try .ok(await store.read { try DeadLetters.groups(page, filter, in: $0) })
    }
    api.read("/dead-letters/{id}", scope: "dead-letters:read") { call in
      let id = try call.parameter("id")
      guard let letter = try await store.read({ try DeadLetters.find(id, in: $0) }) else {
        throw Problem.notFound("There is no dead letter \(id).")
      }
      return .ok(letter)
    }
    api.decide(.post, "/dead-letters/discard", scope: "dead-letters:write", Decision.self) {
      call, decision, work in
      var settled: [String] = []
      for id in decision.ids where try DeadLetters.discard(id, by: call.principal.subject, work) {
        settled.append(id)
      }
      return .ok(Outcome(settled: settled, skipped: decision.ids.filter { !settled.contains($0) }))
    }
    RedriveRoutes(store: store, jobs: jobs).register(on: api)
  }
}
