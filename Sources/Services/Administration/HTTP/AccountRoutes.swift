import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// Signing up, logging in and out, and what is one's own.
///
/// Answers that hold tokens are not remembered for an `Idempotency-Key`: secrets are not kept.
struct AccountRoutes {
  let store: Store
  let accounts: Accounts

  func register(on api: API) {
    api.openAct(.post, "/users", Credentials.self) { call, body in
      let access = try await accounts.signUp(
        try EmailAddress(body.email), try Password(body.password), from: call.remoteAddress)
      return .secret(.created, AccessAnswer(access), location: "/users/me")
    }

    api.openAct(.post, "/sessions", Credentials.self) { call, body in
      let access = try await accounts.logIn(
        try? EmailAddress(body.email), Password(attempt: body.password), from: call.remoteAddress)
      return .secret(.created, AccessAnswer(access), location: "/sessions/current")
    }

    api.openAct(.post, "/sessions/refresh", RefreshRequest.self) { _, body in
      let access = try await accounts.refresh(RefreshToken(body.refreshToken))
      return .secret(.ok, AccessAnswer(access))
    }

    // As in RFC 7009: whatever was brought, it is of no use afterwards.
    api.openAct(.post, "/sessions/logout", RefreshRequest.self) { _, body in
      let token = RefreshToken(body.refreshToken)
      try await store.write { work in
        guard let session = try Session.find(by: token, in: work.database) else { return }
        try Session.end(session, because: "logged out", work)
      }
      return .noContent
    }

    api.read("/sessions", scope: .account) { call in
      let (page, user, now) = (try call.page(), call.user, store.now)
      return try .ok(await store.read { try Session.page(page, of: user, at: now, in: $0) })
    }

    api.decide(.delete, "/sessions/{id}", scope: .account) { call, work in
      let name = try call.parameter("id")
      guard let id = name == "current" ? call.principal.session : name,
        try Session.end(id, of: call.user, because: "logged out", work)
      else { throw AccountError.unknownSession(name) }
      return .noContent
    }

    api.read("/users/me", scope: .account) { call in
      let id = call.user
      guard let user = try await store.read({ try User.find(id, in: $0) }) else {
        throw AccountError.noAccount
      }
      return .ok(UserAnswer(user))
    }

    api.act(.put, "/users/me/password", scope: .account, PasswordChange.self) { call, body in
      let password: Password
      do throws(AccountError) {
        password = try Password(body.newPassword)
      } catch {
        throw Problem.invalid("/newPassword", error.sentence)
      }
      let access = try await accounts.change(
        call.user, from: Password(attempt: body.currentPassword), to: password, address: call.remoteAddress)
      return .secret(.ok, AccessAnswer(access))
    }
  }
}

extension Reply {
  /// An answer that nobody on the way may keep.
  fileprivate static func secret(
    _ status: HTTPResponse.Status, _ value: some Encodable & Sendable, location: String? = nil
  ) -> Reply {
    var reply = Reply(status, json: value, headers: [.cacheControl: "no-store"])
    reply.headers[.location] = location
    return reply
  }
}

extension Scope {
  static let account: Scope = "account"
}
