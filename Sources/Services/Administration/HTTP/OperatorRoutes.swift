import Contracts
import GRDB
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// What operators do about users and keys.
struct OperatorRoutes {
  let store: Store
  let keys: KeyRing

  func register(on api: API) {
    api.openRead("/.well-known/jwks.json") { _ in
      .keys(try await keys.published(), maxAge: .seconds(60))
    }

    api.read("/users", scope: "users:read") { call in
      let page = try call.page()
      let email = try call.query("email").map { try EmailAddress($0) }
      return try .ok(
        await store.read { try User.page(page, email: email, in: $0) }.map(UserAnswer.init))
    }

    api.decide(.put, "/users/{id}/role", scope: "users:write", RoleChange.self) { call, body, work in
      let id: UserID = try call.id()
      guard var user = try User.find(id, in: work.database) else {
        throw AccountError.unknownUser(id.rawValue)
      }
      if user.role != body.role {
        user.role = body.role
        user.updatedAt = work.now
        try user.updateRole(work.database)
      }
      return .ok(UserAnswer(user))
    }

    api.read("/keys", scope: "keys:read") { _ in
      let now = store.now
      return try .ok(await store.read { Page(items: try Self.keys(at: now, $0), next: nil) })
    }

    api.decide(.post, "/keys/rotate", scope: "keys:write", KeyRotation.self) { _, body, work in
      try KeyRecord.ensure(work)
      try KeyRecord.rotate(compromised: body.compromised ?? false, work)
      return .ok(Page(items: try Self.keys(at: work.now, work.database), next: nil))
    }
  }

  private static func keys(at now: Timestamp, _ database: Database) throws -> [KeyAnswer] {
    let published = try KeyRecord.published(at: now, in: database)
    return try KeyRecord.all(in: database).map { key in
      let state = published.first { $0.key.kid == key.kid }?.state
      return KeyAnswer(
        kid: key.kid, state: state ?? .withdrawn, createdAt: key.createdAt, activeAt: key.activeAt,
        withdrawnAt: key.withdrawnAt)
    }
  }
}
