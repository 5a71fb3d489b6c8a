import Contracts
import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Logging
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Administration

/// Passwords and tokens are nowhere but in the hands they belong to.
@Suite struct KeepingSecrets {
  @Test func `neither the store nor what is published holds any`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    let secrets = Box<[String]>()
    try await bench.visited { visitor in
      let first = try await visitor.signUp()
      let next: ReadAccess = try await visitor.refresh(first.refreshToken).json()
      let fresh: ReadAccess = try await visitor.changePassword(password, "a new password", token: next.jwt)
        .json()
      _ = try await visitor.logIn(ada, "a wrong guess")
      let last: ReadAccess = try await visitor.logIn(ada, "a new password").json()
      secrets.value =
        [password, "a new password", "a wrong guess"]
        + [first, next, fresh, last].flatMap { [$0.jwt, $0.refreshToken] }

      for event in try await bench.published() {
        #expect(!event.payload.contains("scrypt"))
        for secret in secrets.value ?? [] { #expect(!event.payload.contains(secret)) }
      }
    }
    // Everything there is, wherever it may lie in the file: closing folds the log into it.
    try await bench.store.close()
    let file = try Data(contentsOf: URL(filePath: "\(bench.folder)/administration.sqlite"))
    #expect(file.range(of: Data(ada.utf8)) != nil)
    #expect(try #require(secrets.value).count == 11)
    for secret in secrets.value ?? [] {
      #expect(file.range(of: Data(secret.utf8)) == nil, "\(secret.prefix(12))…")
    }
  }

  // In a process of its own: logs can be installed once in one.
  @Test func `no log line holds any, whatever goes wrong`() async {
    await #expect(processExitsWith: .success) {
      let log = LogCollector()
      LoggingSystem.bootstrap { _ in log.handler }
      let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let host = try AdministrationService.host(
        in: ServiceEnvironment(
          settings: Settings(["ADMINISTRATION_SCRYPT_LOG2N": "10"]), dataFolder: folder, host: "127.0.0.1",
          wire: Wire(embedded: "127.0.0.1:1", ledger: EmbeddedLedger()),
          verifier: TokenVerifier(keys: { JSONWebKeySet([]) }), metrics: nil, logLevel: .trace))
      var logger = Logger(label: "http")
      logger.logLevel = .trace
      try await host.api().application(logger: logger).test(.router) { client in
        let visitor = Caller(client: client, token: "")
        let first = try await visitor.signUp()
        let next: ReadAccess = try await visitor.refresh(first.refreshToken).json()
        _ = try await visitor.get("/users/me", token: next.jwt)
        // Twice the same refresh token; a taken address; wrong ones; nonsense.
        _ = try await visitor.refresh(first.refreshToken)
        _ = try await visitor.credentials("/users", ada, password)
        _ = try await visitor.logIn(ada, "a wrong guess")
        _ = try await visitor.send(.post, "/sessions", #"{"email":"\#(ada)","password":["\#(password)"]}"#)
        _ = try await visitor.send(.post, "/sessions", #"{"password":"\#(password)"#)
        _ = try await visitor.send(.post, "/sessions", password, contentType: "text/plain")
        _ = try await visitor.get("/users/me", token: next.jwt + "x")
        // A store that does not do what it is asked to.
        try await host.store.write { work in
          try work.database.execute(
            sql: """
              CREATE TRIGGER broken_users BEFORE INSERT ON users BEGIN SELECT raise(ABORT, 'broken'); END;
              CREATE TRIGGER broken_changes BEFORE UPDATE ON users BEGIN SELECT raise(ABORT, 'broken'); END;
              CREATE TRIGGER broken_tokens BEFORE INSERT ON refresh_tokens
              BEGIN SELECT raise(ABORT, 'broken'); END;
              """)
        }
        let broken = try await visitor.credentials("/users", "eve@example.org", password)
        #expect(broken.status == .internalServerError)
        let unchanged = try await visitor.changePassword(password, "a new password", token: next.jwt)
        #expect(unchanged.status == .internalServerError)
        #expect(try await visitor.logIn().status == .internalServerError)
        try await host.store.close()
        _ = try await visitor.logIn()
        _ = try await visitor.credentials("/users", "eve@example.org", password)

        let lines = log.lines
        #expect(lines.contains { $0.contains("A refresh token was used twice") })
        #expect(lines.filter { $0.contains("A request failed unexpectedly") }.count == 3)
        let secrets = [
          password, "a new password", "a wrong guess", "scrypt", "PRIVATE", first.jwt, first.refreshToken,
          next.jwt, next.refreshToken,
        ]
        for line in lines {
          for secret in secrets { #expect(!line.contains(secret), "\(line)") }
        }
      }
    }
  }

  @Test func `what prints, dumps or mirrors one does not see it`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let secret = try await visitor.signUp().refreshToken
      for value: Any in [try Password(password), RefreshToken(secret)] {
        var dumped = ""
        dump(value, to: &dumped)
        for text in ["\(value)", String(reflecting: value), dumped] {
          #expect(!text.contains(password))
          #expect(!text.contains(secret))
          #expect(!text.contains("99, 111, 114"))
        }
      }
    }
  }
}
