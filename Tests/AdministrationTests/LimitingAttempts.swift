import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Whoever guesses passwords is slowed down; who knows his own is not.
@Suite struct LimitingAttempts {
  let clock = TestClock()

  /// - Parameter perMinute: more than any test makes, unless it is about networks.
  private func bench(perMinute: Int = 1_000_000, folder: String? = nil) throws -> ServiceBench {
    try .administration(
      ["ADMINISTRATION_ATTEMPTS_PER_MINUTE": "\(perMinute)"], folder: folder, trustedProxies: 1,
      clock: { [clock] in clock.now })
  }

  private func fail(_ times: Int, _ visitor: Caller, from address: String? = "10.0.0.1") async throws {
    for _ in 0..<times {
      #expect(try await visitor.logIn(ada, "wrong horse", from: address).status == .unauthorized)
    }
  }

  @Test
  func `ten failures are free, then each doubles the wait, up to a quarter of an hour`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      try await fail(10, visitor)
      for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        // Who knows the password waits as well: this one might have been guessed.
        for guess in ["wrong horse", password] {
          let refused = try await visitor.logIn(ada, guess, from: "10.0.0.1")
          #expect(refused.status == .tooManyRequests)
          #expect(refused.problem == "too-many-attempts")
          #expect(refused.retryAfter == wait)
        }
        clock.pass(.seconds(wait) - .milliseconds(1))
        #expect(try await visitor.logIn(ada, "wrong horse", from: "10.0.0.1").retryAfter == 1)
        clock.pass(.milliseconds(1))
        try await fail(1, visitor)
      }
    }
  }

  @Test func `an unknown address is limited as a known one`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      try await fail(10, visitor)
      #expect(try await visitor.logIn(ada, "wrong horse", from: "10.0.0.1").retryAfter == 1)
    }
  }

  @Test func `however an address is written, its failures count together`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      try await fail(9, visitor)
      let tenth = try await visitor.logIn("ADA@Example.org", "wrong horse", from: "10.0.0.1")
      #expect(tenth.status == .unauthorized)
      #expect(try await visitor.logIn(from: "10.0.0.1").status == .tooManyRequests)
    }
  }

  @Test func `a restart forgets no failure`() async throws {
    let first = try bench()
    defer { withExtendedLifetime(first) {} }
    try await first.visited { visitor in
      _ = try await visitor.signUp()
      try await fail(10, visitor)
    }
    try await first.store.close()
    let second = try bench(folder: first.folder)
    try await second.visited { visitor in
      #expect(try await visitor.logIn(from: "10.0.0.1").retryAfter == 1)
      clock.pass(.seconds(1))
      try await fail(1, visitor)
      #expect(try await visitor.logIn(from: "10.0.0.1").retryAfter == 2)
    }
  }

  @Test func `success forgives what failed before it`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      for _ in 0..<2 {
        try await fail(9, visitor)
        #expect(try await visitor.logIn(from: "10.0.0.1").status == .created)
      }
    }
  }

  @Test func `a day without a failure forgives too`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      try await fail(10, visitor)
      #expect(try await visitor.logIn(from: "10.0.0.1").status == .tooManyRequests)
      clock.pass(.days(1))
      try await fail(2, visitor)
      #expect(try await visitor.logIn(from: "10.0.0.1").status == .created)
    }
  }

  @Test func `guessing from everywhere slows down new places, not where the owner has been`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      #expect(try await visitor.logIn(from: "10.1.1.1").status == .created)
      for number in 0..<50 { try await fail(1, visitor, from: "10.0.0.\(number)") }
      let elsewhere = try await visitor.logIn(from: "10.2.2.2")
      #expect(elsewhere.status == .tooManyRequests)
      #expect(elsewhere.retryAfter == 1)
      #expect(try await visitor.logIn(from: "10.1.1.1").status == .created)
      #expect(try await visitor.logIn("eve@example.org", from: "10.2.2.2").status == .unauthorized)
      // Never more than a minute: the owner is not locked out.
      for number in 0..<10 {
        clock.pass(.seconds(60))
        try await fail(1, visitor, from: "10.3.0.\(number)")
      }
      #expect(try await visitor.logIn(from: "10.2.2.2").retryAfter == 60)
      clock.pass(.seconds(60))
      #expect(try await visitor.logIn(from: "10.2.2.2").status == .created)
    }
  }

  @Test func `many guesses at once get no further than many in a row`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      let statuses = try await together(20) { try await visitor.logIn(ada, "wrong horse", from: "10.0.0.1") }
      #expect(statuses == Array(repeating: 401, count: 10) + Array(repeating: 429, count: 10))
    }
  }

  @Test func `many log-ins at once with the right password are not refused`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      let statuses = try await together(15) { try await visitor.logIn(from: "10.0.0.1") }
      #expect(statuses == Array(repeating: 201, count: 15))
    }
  }

  @Test func `a wrong current password counts as a failed log-in`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      for _ in 0..<10 {
        let answer = try await visitor.changePassword("wrong horse", "a new password", token: access.jwt)
        #expect(answer.problem == "invalid-request /currentPassword")
      }
      let refused = try await visitor.changePassword(password, "a new password", token: access.jwt)
      #expect(refused.status == .tooManyRequests)
      #expect(refused.retryAfter == 1)
      #expect(try await visitor.logIn(ada, "a new password").status == .tooManyRequests)
    }
  }

  @Test(arguments: [
    ("10.0.0.1", "10.0.0.1", "10.0.0.2"), ("10.0.0.1", "::ffff:10.0.0.1", "::ffff:10.0.0.2"),
    ("2001:db8::1", "2001:DB8:0:0:ffff::2", "2001:db8:0:1::1"),
  ])
  func `so many attempts a minute are taken from one network`(
    address: String, same: String, other: String
  ) async throws {
    let bench = try bench(perMinute: 6)
    try await bench.visited { visitor in
      // Sign-ups count, and failures; success does not.
      for number in 0..<3 {
        let answer = try await visitor.credentials("/users", "\(number)@example.org", password, from: address)
        #expect(answer.status == .created)
        #expect(try await visitor.logIn("\(number)@example.org", from: same).status == .created)
        #expect(try await visitor.logIn("eve\(number)@example.org", from: same).status == .unauthorized)
      }
      for address in [address, same] {
        let refused = try await visitor.credentials("/users", "more@example.org", password, from: address)
        #expect(refused.status == .tooManyRequests)
        #expect(refused.retryAfter == 10)
        #expect(try await visitor.logIn("0@example.org", from: address).status == .tooManyRequests)
      }
      #expect(try await visitor.logIn("0@example.org", from: other).status == .created)
      clock.pass(.milliseconds(9_999))
      #expect(try await visitor.logIn("eve@example.org", from: same).retryAfter == 1)
      clock.pass(.milliseconds(1))
      #expect(try await visitor.logIn("eve@example.org", from: same).status == .unauthorized)
      #expect(try await visitor.logIn("eve@example.org", from: same).retryAfter == 10)
    }
  }

  @Test func `what a client says of itself to a service without proxies is not believed`() async throws {
    let bench = try ServiceBench.administration(clock: { [clock] in clock.now })
    try await bench.visited { visitor in
      for number in 0..<10 { try await fail(1, visitor, from: "10.0.0.\(number)") }
      #expect(try await visitor.logIn(ada, "wrong horse", from: "10.0.0.10").status == .tooManyRequests)
    }
  }

  /// The statuses of so many requests at the same moment, the lowest first.
  private func together(
    _ times: Int, _ request: @escaping @Sendable () async throws -> TestResponse
  ) async throws -> [Int] {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<times { group.addTask { try await request().status.code } }
      return try await group.reduce(into: []) { $0.append($1) }.sorted()
    }
  }
}
