import Administration
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Users have their own; operators look after everything.
@Suite struct GrantingRoles {
  private static let operations: [(HTTPRequest.Method, String, String)] = [
    (.get, "/dead-letters", ""), (.get, "/users", ""), (.put, "/users/none/role", #"{"role":"operator"}"#),
    (.get, "/keys", ""), (.post, "/keys/rotate", "{}"),
  ]

  @Test(arguments: operations)
  func `what operators do is not for users, nor for strangers`(
    method: HTTPRequest.Method, path: String, body: String
  ) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let user = try await visitor.signUp()
      let refused = try await visitor.send(method, path, body, token: user.jwt)
      #expect(refused.status == .forbidden)
      #expect(refused.problem == "insufficient-scope")
      let stranger = try await visitor.send(method, path, body)
      #expect(stranger.status == .unauthorized)
      #expect(stranger.problem == "token-missing")
    }
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "/users/me"), (.get, "/sessions"), (.delete, "/sessions/current"),
    (.put, "/users/me/password"), (.get, "/tasks"), (.post, "/tasks"),
  ])
  func `what is one's own is for nobody without a token`(
    method: HTTPRequest.Method, path: String
  ) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let refused = try await visitor.send(method, path, "{}")
      #expect(refused.problem == "token-missing")
    }
  }

  @Test func `who is made an operator is one with his next token`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.administration(clock: { clock.now })
    try await bench.visited { visitor in
      let user = try await visitor.signUp()
      clock.pass(.seconds(5))
      let path = "/users/\(user.user.id)/role"
      let token = try await bench.operatorToken()
      let answer = try await visitor.send(.put, path, #"{"role":"operator"}"#, token: token)
      #expect(answer.status == .ok)
      let changed: ReadUser = try answer.json()
      #expect(changed.role == "operator")
      #expect(changed.updatedAt > user.user.updatedAt)
      #expect(try await visitor.get("/keys", token: user.jwt).status == .forbidden)

      let next: ReadAccess = try await visitor.refresh(user.refreshToken).json()
      #expect(next.user == changed)
      for (method, path, body) in Self.operations {
        let answer = try await visitor.send(method, path, body, token: next.jwt)
        #expect(answer.status == (path == "/users/none/role" ? .notFound : .ok), "\(path)")
      }
      #expect(try await visitor.get("/tasks", token: next.jwt).status == .ok)

      let back = try await visitor.send(.put, path, #"{"role":"user"}"#, token: next.jwt)
      #expect(try back.json(ReadUser.self).role == "user")
      let last: ReadAccess = try await visitor.logIn().json()
      #expect(try await visitor.get("/keys", token: last.jwt).status == .forbidden)
    }
  }

  @Test func `the same role again changes nothing`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.administration(clock: { clock.now })
    try await bench.visited { visitor in
      let user = try await visitor.signUp().user
      clock.pass(.seconds(5))
      let answer = try await visitor.send(
        .put, "/users/\(user.id)/role", #"{"role":"user"}"#, token: try await bench.operatorToken())
      #expect(try answer.json(ReadUser.self) == user)
    }
  }

  @Test(arguments: [
    (#"{"role":"king"}"#, "invalid-request /role"), (#"{}"#, "invalid-request /role"),
    (#"{"role":null}"#, "invalid-request /role"),
  ])
  func `what is no role is refused by its place`(body: String, problem: String) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let user = try await visitor.signUp().user
      let token = try await bench.operatorToken()
      #expect(try await visitor.send(.put, "/users/\(user.id)/role", body, token: token).problem == problem)
      let users = try await visitor.get("/users", token: token).json(ReadPage<ReadUser>.self)
      #expect(users.items == [user])
    }
  }

  @Test func `operators find users by address, however it is written, and read them in pages`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      var users: [ReadUser] = []
      for number in 0..<5 { users.append(try await visitor.signUp("user\(number)@example.org").user) }
      let token = try await bench.operatorToken()
      let found = try await visitor.get("/users?email=USER3%40Example.org", token: token)
      #expect(try found.json(ReadPage<ReadUser>.self).items == [users[3]])
      let none = try await visitor.get("/users?email=nobody%40example.org", token: token)
      #expect(try none.json(ReadPage<ReadUser>.self).items.isEmpty)
      #expect(try await visitor.get("/users?email=x", token: token).problem == "invalid-request /email")

      let first: ReadPage<ReadUser> = try await visitor.get("/users?limit=3", token: token).json()
      let next = try #require(first.next)
      let rest: ReadPage<ReadUser> = try await visitor.get(
        "/users?limit=3&cursor=\(next)", token: token
      ).json()
      #expect(first.items + rest.items == users.reversed())
      #expect(rest.next == nil)
    }
  }

  @Test func `who owns the data folder makes tokens, beside the service and without it`() async throws {
    let bench = try ServiceBench.administration(onTheWire: true)
    try await bench.visited { visitor in _ = try await visitor.signUp() }
    try await bench.running { caller in
      let token = try await bench.operatorToken()
      #expect(try await caller.get("/users", token: token).status == .ok)
      let narrow = try await bench.token("script", scopes: ["keys:read"])
      #expect(try await caller.get("/keys", token: narrow).status == .ok)
      #expect(try await caller.get("/users", token: narrow).status == .forbidden)
      // It comes of no log-in, so that there is none to end.
      #expect(try await caller.send(.delete, "/sessions/current", "", token: token).status == .notFound)
    }
    let offline = try await bench.operatorToken()
    let again = try ServiceBench.administration(folder: bench.folder)
    defer { withExtendedLifetime(bench) {} }
    try await again.visited { visitor in
      let answer = try await visitor.get("/users", token: offline)
      #expect(answer.status == .ok)
    }
  }

  @Test func `without keys there are no tokens, and it says where to get some`() async throws {
    let bench = try ServiceBench.administration()
    for folder in [bench.folder, bench.folder + "/none"] {
      let failure = await #expect(throws: LocalTokens.Failure.self) {
        _ = try await LocalTokens.make(
          dataFolder: folder, subject: "operator", scopes: [], lifetime: .hours(1))
      }
      let text = try #require(failure).description
      #expect(text.contains("There are no keys in \(folder) yet."))
      #expect(text.contains("`waybill up`"))
    }
  }
}
