import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// Who may hand events over, for operators.
struct SourceRoutes {
  struct NewSource: Decodable, Sendable {
    let name: String
    let brand: String
    let kind: Credential.Kind?
    /// Made elsewhere: at another instance, which this source is known to already.
    let secret: String?
  }

  struct Rotation: Decodable, Sendable {
    let kind: Credential.Kind?
    /// For how long what the source had goes on counting.
    let overlapSeconds: Int?
    let secret: String?
  }

  let store: Store
  let sources: SourceDirectory

  func register(on api: API) {
    api.read("/sources", scope: .sourcesRead) { call in
      let page = try call.page()
      let now = store.now
      return try .ok(
        await store.read { database in
          let credentials = try CredentialRecord.all(in: database)
          return try Source.page(page, in: database).map { SourceAnswer($0, credentials, at: now) }
        })
    }

    api.read("/sources/{id}", scope: .sourcesRead) { call in
      let id = try call.parameter("id")
      let now = store.now
      return try .ok(
        await store.read { database in
          SourceAnswer(try Source.find(id, in: database), try CredentialRecord.all(in: database), at: now)
        })
    }

    // Not remembered under an Idempotency-Key: the answer holds a secret.
    api.act(.post, "/sources", scope: .sourcesWrite, NewSource.self) { _, body in
      let issued = try await store.write {
        try $0.addSource(body.name, brand: body.brand, body.kind ?? .key, given: body.secret)
      }
      try await sources.reload()
      var reply = Reply.created(issued, location: "/sources/\(issued.source.id)")
      reply.headers[.cacheControl] = "no-store"
      return reply
    }

    api.act(.post, "/sources/{id}/rotate", scope: .sourcesWrite, Rotation.self) { call, body in
      let id = try call.parameter("id")
      let overlap = body.overlapSeconds ?? Int(SourceChanges.standardOverlap.components.seconds)
      guard (0...SourceChanges.longestOverlap).contains(overlap) else {
        throw Problem.invalid("/overlapSeconds", "must be 0 to \(SourceChanges.longestOverlap)")
      }
      let issued = try await store.write {
        try $0.rotateSource(id, body.kind, overlap: .seconds(overlap), given: body.secret)
      }
      try await sources.reload()
      return Reply(.ok, json: issued, headers: [.cacheControl: "no-store"])
    }

    api.act(.post, "/sources/{id}/disable", scope: .sourcesWrite) { try await disable($0, true) }
    api.act(.post, "/sources/{id}/enable", scope: .sourcesWrite) { try await disable($0, false) }
  }

  private func disable(_ call: Call, _ isDisabled: Bool) async throws -> Reply {
    let id = try call.parameter("id")
    let answer = try await store.write { try $0.disableSource(id, isDisabled) }
    try await sources.reload()
    return .ok(answer)
  }
}
