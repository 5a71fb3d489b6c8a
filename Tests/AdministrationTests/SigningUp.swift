import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Whoever signs up has an account, once.
@Suite struct SigningUp {
  @Test func `is answered with the account and the access to it, and told to others in one`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let answer = try await visitor.credentials("/users", ada, password)
      #expect(answer.status == .created)
      #expect(answer.headers[.location] == "/users/me")
      #expect(answer.headers[.cacheControl] == "no-store")
      #expect(try answer.names() == ["user", "jwt", "refreshToken", "expiresIn"])
      #expect(try answer.names(in: "user") == ["id", "email", "role", "createdAt", "updatedAt"])
      let access: ReadAccess = try answer.json()
      #expect(access.user.email == ada)
      #expect(access.user.role == "user")
      #expect(access.user.createdAt == access.user.updatedAt)
      #expect(access.expiresIn == 3600)
      #expect(try await visitor.get("/users/me", token: access.jwt).json(ReadUser.self) == access.user)
      #expect(
        try await bench.published() == [
          Published(
            type: "user.created.v1", key: access.user.id,
            payload: #"{"createdAt":"\#(access.user.createdAt)","email":"\#(ada)","id":"\#(access.user.id)"}"#
          )
        ])
    }
  }

  @Test(arguments: [
    ("Ada@Example.org", "ada@EXAMPLE.ORG"), ("ada@example.org", " ada@example.org\n"),
    ("ΟΔΟΣ@example.org", "οδος@example.org"), ("STRASSE@example.org", "straße@example.org"),
    ("\u{E9}va@example.org", "E\u{301}va@example.org"),
  ])
  func `an address is one account, however it is written`(first: String, second: String) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let access = try await visitor.signUp(first)
      let again = try await visitor.credentials("/users", second, "another password")
      #expect(again.status == .conflict)
      #expect(again.problem == "email-taken")
      #expect(try await bench.accountRows() == [1, 1, 1, 1, 0])
      #expect(try await visitor.logIn(second).json(ReadAccess.self).user == access.user)
      #expect(try await visitor.logIn(second, "another password").status == .unauthorized)
    }
  }

  @Test func `of many sign-ups at the same moment, one wins`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          let email = number.isMultiple(of: 2) ? ada : ada.uppercased()
          group.addTask { try await visitor.credentials("/users", email, password).status.code }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [201] + Array(repeating: 409, count: 7))
      #expect(try await bench.accountRows() == [1, 1, 1, 1, 0])
    }
  }

  @Test(arguments: [
    ("ada", "/email"), ("@example.org", "/email"), ("ada@", "/email"), ("ada@example", "/email"),
    ("ada@@example.org", "/email"), ("ada@example..org", "/email"), ("ada@-example.org", "/email"),
    ("a da@example.org", "/email"), ("ada@exa\u{0}mple.org", "/email"), ("<ada@example.org>", "/email"),
    ("ada@example.org,eve@example.org", "/email"), ("", "/email"),
    // Invisible: a zero-width space, a soft hyphen, a word joiner, a grapheme joiner, a Hangul filler, a
    // variation selector, a right-to-left override.
    ("ad\u{200B}a@example.org", "/email"), ("ad\u{AD}a@example.org", "/email"),
    ("ad\u{2060}a@example.org", "/email"), ("ad\u{34F}a@example.org", "/email"),
    ("ad\u{3164}a@example.org", "/email"), ("ad\u{FE0F}a@example.org", "/email"),
    ("ad\u{202E}a@example.org", "/email"),
    (String(repeating: "a", count: 65) + "@example.org", "/email"),
    ("ada@" + String(repeating: "abcdefgh.", count: 30) + "org", "/email"),
  ])
  func `what is no address is refused by its place, and changes nothing`(
    email: String, pointer: String
  ) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let answer = try await visitor.credentials("/users", email, password)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointer)")
      #expect(try await bench.accountRows() == [0, 0, 0, 0, 0])
    }
  }

  @Test(arguments: [
    (#"{"password":"correct horse"}"#, "invalid-request /email"),
    (#"{"email":"ada@example.org"}"#, "invalid-request /password"),
    (#"{"email":"ada@example.org","password":null}"#, "invalid-request /password"),
    (#"{"email":"ada@example.org","password":["correct horse"]}"#, "invalid-request /password"),
    (#"{"email":"ada@example.org","password":"seven.."}"#, "invalid-request /password"),
    // Four letters, written in eight parts.
    (
      #"{"email":"ada@example.org","password":"\#(String(repeating: "e\u{301}", count: 4))"}"#,
      "invalid-request /password"
    ),
    (
      #"{"email":"ada@example.org","password":"\#(String(repeating: "x", count: 1001))"}"#,
      "invalid-request /password"
    ),
    ("[]", "invalid-request"), ("{", "bad-request"),
  ])
  func `what cannot be a sign-up is refused by its place, and changes nothing`(
    body: String, problem: String
  ) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let answer = try await visitor.send(.post, "/users", body)
      #expect(answer.problem.trimmingCharacters(in: .whitespaces) == problem)
      #expect(try await bench.accountRows() == [0, 0, 0, 0, 0])
    }
  }

  @Test func `the longest password is taken, and every character of it counts`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let long = String(repeating: "x", count: 999)
      _ = try await visitor.signUp(ada, long + "y")
      #expect(try await visitor.logIn(ada, long + "y").status == .created)
      #expect(try await visitor.logIn(ada, long + "z").status == .unauthorized)
    }
  }

  @Test func `a repeated request is not answered from memory: secrets are not kept`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let body = #"{"email":"\#(ada)","password":"\#(password)"}"#
      let first = try await visitor.send(.post, "/users", body, key: "k")
      #expect(first.status == .created)
      #expect(try await visitor.send(.post, "/users", body, key: "k").problem == "email-taken")
      #expect(try await visitor.send(.post, "/sessions", body, key: "k").status == .created)
      #expect(try await bench.count("SELECT count(*) FROM idempotency") == 0)
    }
  }
}
