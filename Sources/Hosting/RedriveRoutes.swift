import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// Trying dead letters again: what it would be about, doing it, what came of it, on every service.
struct RedriveRoutes {
  let store: Store
  /// Runs a dead job again, and says whether it could.
  let jobs: @Sendable (String, UnitOfWork) throws -> Bool

  func register(on api: API) {
    api.decide(.post, "/dead-letters/redrive", scope: "dead-letters:write", RedriveBody.self) {
      call, body, work in
      let order = try body.order(by: call.principal.subject, at: work.now)
      if body.dryRun == true { return .ok(try order.letters.preview(in: work.database)) }
      let redrive = try Redrive.begin(order, jobs: jobs, work)
      let location = "/dead-letters/redrives/\(redrive.id)"
      return redrive.state == .running
        ? .accepted(redrive, location: location) : .created(redrive, location: location)
    }
    api.read("/dead-letters/redrives", scope: "dead-letters:read") { call in
      let page = try call.page()
      return try .ok(await store.read { try Redrive.list(page, in: $0) })
    }
    api.read("/dead-letters/redrives/{id}", scope: "dead-letters:read") { call in
      let id = try call.parameter("id")
      return .ok(try Self.known(id, try await store.read { try Redrive.find(id, in: $0) }))
    }
    api.decide(.post, "/dead-letters/redrives/{id}/cancel", scope: "dead-letters:write") { call, work in
      let id = try call.parameter("id")
      return .ok(try Self.known(id, try Redrive.cancel(id, by: call.principal.subject, work)))
    }
  }

  private static func known(_ id: String, _ redrive: Redrive?) throws -> Redrive {
    guard let redrive else { throw Problem.notFound("There is no redrive \(id).") }
    return redrive
  }
}
