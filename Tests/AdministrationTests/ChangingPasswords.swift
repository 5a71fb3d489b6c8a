import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Who changes his password is logged in with the new one, and nobody with the old one.
@Suite struct ChangingPasswords {
  @Test func `ends every other session and begins a new one`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.administration(clock: { clock.now })
    try await bench.visited { visitor in
      let first = try await visitor.signUp()
      let second: ReadAccess = try await visitor.logIn().json()
      let other = try await visitor.signUp("eve@example.org")
      clock.pass(.seconds(5))
      let answer = try await visitor.changePassword(password, "a new password", token: second.jwt)
      #expect(answer.status == .ok)
      #expect(answer.headers[.cacheControl] == "no-store")
      #expect(try answer.names() == ["user", "jwt", "refreshToken", "expiresIn"])
      let fresh: ReadAccess = try answer.json()
      #expect(fresh.user.id == first.user.id)
      #expect(try await visitor.get("/users/me", token: fresh.jwt).json(ReadUser.self) == fresh.user)
      #expect(fresh.user.updatedAt > first.user.updatedAt)

      for old in [first, second] {
        #expect(try await visitor.refresh(old.refreshToken).status == .unauthorized)
      }
      #expect(try await visitor.refresh(fresh.refreshToken).status == .ok)
      #expect(try await visitor.sessions(fresh.jwt).count == 1)
      #expect(try await visitor.refresh(other.refreshToken).status == .ok)
      #expect(try await visitor.logIn().status == .unauthorized)
      #expect(try await visitor.logIn(ada, "a new password").status == .created)
    }
  }

  @Test(arguments: [
    ("wrong horse", "a new password", "invalid-request /currentPassword"),
    ("", "a new password", "invalid-request /currentPassword"),
    (password, "seven..", "invalid-request /newPassword"),
    (password, String(repeating: "x", count: 1001), "invalid-request /newPassword"),
  ])
  func `what is wrong is refused by its place, and changes nothing`(
    current: String, new: String, problem: String
  ) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      let before = try await bench.accountRows()
      let answer = try await visitor.changePassword(current, new, token: access.jwt)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == problem)
      #expect(try await bench.accountRows() == before)
      #expect(try await visitor.get("/users/me", token: access.jwt).json(ReadUser.self) == access.user)
      #expect(try await visitor.logIn().status == .created)
      #expect(try await visitor.refresh(access.refreshToken).status == .ok)
    }
  }

  @Test func `of two changes at the same moment one counts`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      async let one = visitor.changePassword(password, "the first one", token: access.jwt)
      async let two = visitor.changePassword(password, "the second one", token: access.jwt)
      let answers = try await [one, two]
      #expect(answers.map(\.status.code).sorted() == [200, 422])
      let chosen = answers[0].status == .ok ? "the first one" : "the second one"
      #expect(try await visitor.logIn(ada, chosen).status == .created)
      let fresh: ReadAccess = try #require(answers.first { $0.status == .ok }).json()
      #expect(try await visitor.refresh(fresh.refreshToken).status == .ok)
    }
  }

  @Test func `a token that comes of no account changes none`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    try await bench.serving(as: "nobody") { caller in
      let answer = try await caller.changePassword(password, "a new password", token: caller.token)
      #expect(answer.problem == "not-found")
      #expect(try await caller.get("/users/me").problem == "not-found")
    }
  }
}
