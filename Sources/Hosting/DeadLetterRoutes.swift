import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// What an operator can do about dead letters, on every service.
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

  func register(on api: API) {
    api.read("/dead-letters", scope: "dead-letters:read") { call in
      let page = try call.page()
      let all = call.query("all") == "true"
      return try .ok(await store.read { try DeadLetters.list(page, all: all, in: $0) })
    }
    api.read("/dead-letters/{id}", scope: "dead-letters:read") { call in
      let id = try call.parameter("id")
      guard let letter = try await store.read({ try DeadLetters.find(id, in: $0) }) else {
        throw Problem.notFound("There is no dead letter \(id).")
      }
      return .ok(letter)
    }
    settle("/dead-letters/redrive", on: api) { try DeadLetters.redrive($0, by: $1, $2) }
    settle("/dead-letters/discard", on: api) { try DeadLetters.discard($0, by: $1, $2) }
  }

  private func settle(
    _ path: String, on api: API,
    _ action: @escaping @Sendable (String, String, UnitOfWork) throws -> Bool
  ) {
    api.decide(.post, path, scope: "dead-letters:write", Decision.self) { call, decision, work in
      var settled: [String] = []
      for id in decision.ids where try action(id, call.principal.subject, work) { settled.append(id) }
      return .ok(Outcome(settled: settled, skipped: decision.ids.filter { !settled.contains($0) }))
    }
  }
}
