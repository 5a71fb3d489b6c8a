import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// A session goes on from refresh token to refresh token, until it is ended or left alone for long.
@Suite struct RefreshingSessions {
  let clock = TestClock()

  private func visited(_ body: @Sendable (Caller) async throws -> Void) async throws {
    let bench = try ServiceBench.administration(clock: { [clock] in clock.now })
    try await bench.visited(body)
  }

  @Test func `each refresh token is good for one refresh`() async throws {
    try await visited { visitor in
      var access = try await visitor.signUp()
      var secrets: Set<String> = [access.refreshToken]
      for count in 2...4 {
        // Past the life of every token before.
        clock.pass(.hours(2))
        let answer = try await visitor.refresh(access.refreshToken)
        #expect(answer.status == .ok)
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(try answer.names() == ["user", "jwt", "refreshToken", "expiresIn"])
        access = try answer.json()
        secrets.insert(access.refreshToken)
        #expect(secrets.count == count)
        #expect(try await visitor.get("/users/me", token: access.jwt).json(ReadUser.self) == access.user)
        #expect(try await visitor.sessions(access.jwt).count == 1)
      }
    }
  }

  @Test func `one that comes again ends the session, whoever brings it`() async throws {
    try await visited { visitor in
      let stolen = try await visitor.signUp()
      let other: ReadAccess = try await visitor.logIn().json()
      let next: ReadAccess = try await visitor.refresh(stolen.refreshToken).json()
      for token in [stolen.refreshToken, next.refreshToken, stolen.refreshToken] {
        let refused = try await visitor.refresh(token)
        #expect(refused.status == .unauthorized)
        #expect(refused.problem == "refresh-token-not-accepted")
      }
      #expect(try await visitor.refresh(other.refreshToken).status == .ok)
      #expect(try await visitor.sessions(other.jwt).count == 1)
    }
  }

  @Test func `of two refreshes at the same moment one succeeds, and the session ends`() async throws {
    try await visited { visitor in
      let access = try await visitor.signUp()
      async let one = visitor.refresh(access.refreshToken)
      async let two = visitor.refresh(access.refreshToken)
      let answers = try await [one, two].sorted { $0.status.code < $1.status.code }
      #expect(answers.map(\.status) == [.ok, .unauthorized])
      let next: ReadAccess = try answers[0].json()
      #expect(try await visitor.refresh(next.refreshToken).status == .unauthorized)
    }
  }

  @Test func `thirty days of silence end a session, and nothing less`() async throws {
    try await visited { visitor in
      var access = try await visitor.signUp()
      for _ in 0..<2 {
        clock.pass(.days(30) - .milliseconds(1))
        access = try await visitor.refresh(access.refreshToken).json()
        #expect(try await visitor.sessions(access.jwt).count == 1)
      }
      clock.pass(.days(30))
      #expect(try await visitor.refresh(access.refreshToken).status == .unauthorized)
      let later: ReadAccess = try await visitor.logIn().json()
      #expect(try await visitor.sessions(later.jwt).count == 1)
    }
  }

  @Test(arguments: ["", "no such token", "\u{E9}\u{0301}"])
  func `what was never a refresh token is not accepted`(token: String) async throws {
    try await visited { visitor in
      _ = try await visitor.signUp()
      #expect(try await visitor.refresh(token).problem == "refresh-token-not-accepted")
      #expect(try await visitor.logOut(token).status == .noContent)
    }
  }

  @Test func `logging out with a refresh token ends its session and no other`() async throws {
    try await visited { visitor in
      let first = try await visitor.signUp()
      let second: ReadAccess = try await visitor.logIn().json()
      for _ in 0..<2 { #expect(try await visitor.logOut(first.refreshToken).status == .noContent) }
      #expect(try await visitor.refresh(first.refreshToken).status == .unauthorized)
      #expect(try await visitor.refresh(second.refreshToken).status == .ok)
    }
  }

  @Test func `a used refresh token still logs out`() async throws {
    try await visited { visitor in
      let first = try await visitor.signUp()
      let next: ReadAccess = try await visitor.refresh(first.refreshToken).json()
      #expect(try await visitor.logOut(first.refreshToken).status == .noContent)
      #expect(try await visitor.refresh(next.refreshToken).status == .unauthorized)
    }
  }

  @Test func `logging out with a token ends the session it comes of, once`() async throws {
    try await visited { visitor in
      let first = try await visitor.signUp()
      let second: ReadAccess = try await visitor.logIn().json()
      let ended = try await visitor.send(.delete, "/sessions/current", "", token: first.jwt)
      #expect(ended.status == .noContent)
      #expect(try await visitor.refresh(first.refreshToken).status == .unauthorized)
      #expect(try await visitor.sessions(second.jwt).count == 1)
      let again = try await visitor.send(.delete, "/sessions/current", "", token: first.jwt)
      #expect(again.status == .notFound)
      #expect(try await visitor.refresh(second.refreshToken).status == .ok)
    }
  }

  @Test func `everybody sees and ends his own live sessions only`() async throws {
    try await visited { visitor in
      let first = try await visitor.signUp()
      clock.pass(.seconds(1))
      let second: ReadAccess = try await visitor.logIn().json()
      let other = try await visitor.signUp("eve@example.org")
      let sessions = try await visitor.sessions(first.jwt)
      #expect(sessions.count == 2)
      #expect(sessions.map(\.createdAt) == sessions.map(\.createdAt).sorted(by: >))
      #expect(try await visitor.sessions(second.jwt) == sessions)
      let foreign = try #require(try await visitor.sessions(other.jwt).first)
      #expect(!sessions.contains(foreign))

      let stolen = try await visitor.send(.delete, "/sessions/\(foreign.id)", "", token: first.jwt)
      #expect(stolen.status == .notFound)
      #expect(try await visitor.refresh(other.refreshToken).status == .ok)

      let ended = try await visitor.send(.delete, "/sessions/\(sessions[0].id)", "", token: first.jwt)
      #expect(ended.status == .noContent)
      #expect(try await visitor.sessions(first.jwt) == [sessions[1]])
      #expect(try await visitor.refresh(second.refreshToken).status == .unauthorized)
      #expect(try await visitor.refresh(first.refreshToken).status == .ok)
    }
  }

  @Test func `sessions come in pages`() async throws {
    try await visited { visitor in
      let access = try await visitor.signUp()
      for _ in 0..<4 { _ = try await visitor.logIn() }
      let all = try await visitor.sessions(access.jwt)
      let page: ReadPage<ReadSession> = try await visitor.get("/sessions?limit=3", token: access.jwt).json()
      #expect(page.items == Array(all.prefix(3)))
      let next = try #require(page.next)
      let rest: ReadPage<ReadSession> = try await visitor.get(
        "/sessions?limit=3&cursor=\(next)", token: access.jwt
      ).json()
      #expect(rest.items == Array(all.suffix(2)))
      #expect(rest.next == nil)
    }
  }
}
