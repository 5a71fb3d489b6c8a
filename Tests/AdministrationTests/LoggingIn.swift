import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import Metrics
import ServiceTesting
import Storage
import Testing

/// Who has the address and the password has the account; nobody else learns anything.
@Suite struct LoggingIn {
  @Test func `begins a session of its own`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let first = try await visitor.signUp()
      let answer = try await visitor.logIn()
      #expect(answer.status == .created)
      #expect(answer.headers[.location] == "/sessions/current")
      #expect(answer.headers[.cacheControl] == "no-store")
      let second: ReadAccess = try answer.json()
      #expect(second.user == first.user)
      #expect(second.refreshToken != first.refreshToken)
      #expect(try await visitor.get("/users/me", token: second.jwt).status == .ok)
      #expect(try await visitor.sessions(first.jwt).count == 2)
    }
  }

  @Test func `a wrong password and an unknown address are answered alike`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      let wrong = try await visitor.logIn(ada, "wrong horse")
      let unknown = try await visitor.logIn("eve@example.org", "wrong horse")
      #expect(wrong.status == .unauthorized)
      #expect(wrong.problem == "wrong-credentials")
      #expect(wrong.headers[.wwwAuthenticate] == #"Bearer realm="waybill""#)
      #expect(unknown.status == wrong.status)
      #expect(unknown.body == wrong.body)
      let named = [wrong, unknown].map { answer in
        answer.headers.filter { !["x-request-id", "x-correlation-id"].contains($0.name.canonicalName) }
      }
      #expect(named[0].count > 2)
      #expect(named[0] == named[1])
      #expect(try await bench.accountRows() == [1, 1, 1, 1, 0])
    }
  }

  // In a process of its own: metrics can be installed once in one.
  @Test func `an unknown address costs as much as a known one`() async {
    await #expect(processExitsWith: .success) {
      let metrics = CountingMetrics()
      MetricsSystem.bootstrap(metrics)
      let bench = try ServiceBench.administration()
      try await bench.visited { visitor in
        _ = try await visitor.signUp()
        for email in [ada, "eve@example.org"] {
          let before = metrics.count("accounts.password.hash.duration")
          #expect(try await visitor.logIn(email, "wrong horse").status == .unauthorized)
          #expect(metrics.count("accounts.password.hash.duration") == before + 1, "\(email)")
        }
        #expect(metrics.count("accounts.attempts outcome=refused") == 2)
      }
    }
  }

  @Test(arguments: [
    ("ada", password), ("", password), ("ad\u{200B}a@example.org", password), (ada, "short"), (ada, ""),
    (ada, String(repeating: "x", count: 1001)),
  ])
  func `what could never have signed up is simply wrong`(email: String, password: String) async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      _ = try await visitor.signUp()
      let answer = try await visitor.logIn(email, password)
      #expect(answer.status == .unauthorized)
      #expect(answer.problem == "wrong-credentials")
    }
  }

  @Test func `a password is the same from every keyboard`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      _ = try await visitor.signUp(ada, "caf\u{E9} cr\u{E8}me")
      #expect(try await visitor.logIn(ada, "cafe\u{301} cre\u{300}me").status == .created)
      #expect(try await visitor.logIn(ada, "cafe creme").status == .unauthorized)
      #expect(try await visitor.logIn(ada, "CAF\u{C9} CR\u{C8}ME").status == .unauthorized)
    }
  }

  @Test func `what is kept of a password is brought to today's cost`() async throws {
    let first = try ServiceBench.administration()
    defer { withExtendedLifetime(first) {} }
    try await first.visited { _ = try await $0.signUp() }
    #expect(try await first.keptPassword().hasPrefix("$scrypt$ln=10,r=8,p=3$"))
    try await first.store.close()

    let second = try ServiceBench.administration(
      ["ADMINISTRATION_SCRYPT_LOG2N": "11"], folder: first.folder)
    try await second.visited { visitor in
      #expect(try await visitor.logIn(ada, "wrong horse").status == .unauthorized)
      #expect(try await second.keptPassword().hasPrefix("$scrypt$ln=10,"))
      #expect(try await visitor.logIn().status == .created)
      let better = try await second.keptPassword()
      #expect(better.hasPrefix("$scrypt$ln=11,r=8,p=3$"))
      #expect(try await visitor.logIn().status == .created)
      #expect(try await second.keptPassword() == better)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `who logs in with a password that is changed meanwhile does not bring it back`() async throws {
    let first = try ServiceBench.administration()
    defer { withExtendedLifetime(first) {} }
    try await first.visited { visitor in
      _ = try await visitor.signUp()
      _ = try await visitor.signUp("new@example.org", "the new one")
    }
    try await first.store.close()

    let second = try ServiceBench.administration(
      ["ADMINISTRATION_SCRYPT_LOG2N": "11"], folder: first.folder)
    try await second.visited { visitor in
      try await withThrowingTaskGroup(of: Void.self) { others in
        // Others are being looked at, so that it takes a while.
        for number in 0..<8 {
          others.addTask { _ = try await visitor.logIn("eve\(number)@example.org") }
        }
        while try await second.attempts(like: "eve%") < 8 {}
        async let late = visitor.logIn()
        while try await second.attempts(like: "ada%") < 1 {}
        try await second.store.write { work in
          try work.database.execute(
            sql: """
              UPDATE users SET password = (SELECT password FROM users WHERE email = 'new@example.org')
              WHERE email = ?
              """, arguments: [ada])
        }
        #expect(try await late.status == .unauthorized)
        try await others.waitForAll()
      }
      #expect(try await visitor.logIn(ada, "the new one").status == .created)
      #expect(try await visitor.logIn(ada, password).status == .unauthorized)
    }
  }
}

extension ServiceBench {
  fileprivate func attempts(like subject: String) async throws -> Int {
    try await count("SELECT count(*) FROM login_attempts WHERE subject LIKE '\(subject) from %'")
  }

  fileprivate func keptPassword() async throws -> String {
    try #require(
      try await store.read {
        try String.fetchOne($0, sql: "SELECT password FROM users WHERE email = ?", arguments: [ada])
      })
  }
}
