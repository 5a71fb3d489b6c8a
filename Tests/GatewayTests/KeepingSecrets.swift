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

@testable import Gateway

/// Keys and secrets are nowhere but in the hands they belong to.
@Suite struct KeepingSecrets {
  @Test func `a secret may lie in a file, and no error shows it`() throws {
    let file = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data("hush\n".utf8).write(to: URL(filePath: file))
    let settings = try Settings(environment: ["GATEWAY_TARGET_TOKEN_FILE": file, "HOST": "h"])
    #expect(settings.text("GATEWAY_TARGET_TOKEN") == "hush" && settings.text("HOST") == "h")
    let sasl = try Settings(environment: ["KAFKA_SASL_PASSWORD_FILE": file])
    #expect(sasl.kafkaProperties == ["sasl.password": "hush"])
    #expect(
      try Settings(environment: ["GATEWAY_TARGET_TOKEN_FILE": "/dev/null"]).text("GATEWAY_TARGET_TOKEN")
        == nil)
    for wrong in [
      ["GATEWAY_TARGET_TOKEN_FILE": "/nowhere/hush"],
      ["GATEWAY_TARGET_TOKEN_FILE": file, "GATEWAY_TARGET_TOKEN": "hush"],
    ] {
      let error = #expect(throws: SettingError.self) { try Settings(environment: wrong) }
      #expect(error?.key == "GATEWAY_TARGET_TOKEN_FILE")
      #expect(try !#require(error).description.contains("hush"))
    }
  }

  @Test func `the store holds no key, neither in the clear nor as it is sent`() async throws {
    let bench = try ServiceBench.gateway()
    let keys = Box<[String]>()
    try await bench.serving { caller in
      let first = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: first)
      _ = try await caller.hand("no event", key: first)
      let rotated = try await caller.send(.post, "/sources/shop/rotate", #"{"overlapSeconds":0}"#, key: "k")
      let second = try rotated.json(ReadIssued.self).secret
      _ = try await caller.hand(event("e1", body: "c"), key: second)
      _ = try await caller.hand(event("e2"), key: first)
      keys.value = [first, second]
    }
    // Everything there is, wherever it may lie in the file: closing folds the log into it.
    try await bench.store.close()
    let file = try Data(contentsOf: URL(filePath: "\(bench.folder)/gateway.sqlite"))
    #expect(file.range(of: Data("shop".utf8)) != nil)
    for key in try #require(keys.value) {
      #expect(file.range(of: Data(key.utf8)) == nil)
      let random = String(key.dropFirst("wbk_".count))
      #expect(file.range(of: Data(random.utf8)) == nil)
      let base64 = random.replacing("-", with: "+").replacing("_", with: "/") + "="
      let bytes = try #require(Data(base64Encoded: base64))
      #expect(bytes.count == 32)
      #expect(file.range(of: bytes) == nil)
      #expect(file.range(of: Data(SourceKey.hash(key))) != nil || key == keys.value?.first)
    }
  }

  @Test func `no key or secret is made twice`() {
    #expect(Set((0..<1000).map { _ in SourceKey.generate() }).count == 1000)
    #expect(Set((0..<1000).map { _ in WebhookSecret.generate() }).count == 1000)
    #expect((0..<100).allSatisfy { _ in WebhookSecret(WebhookSecret.generate()) != nil })
  }

  // In a process of its own: logs can be installed once in one.
  @Test func `no log line and no answer holds any, whatever goes wrong`() async {
    await #expect(processExitsWith: .success) {
      let log = LogCollector()
      LoggingSystem.bootstrap { _ in log.handler }
      let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let signer = try SigningKey()
      let host = try GatewayService.host(
        in: ServiceEnvironment(
          settings: Settings(["GATEWAY_TARGET_TOKEN": "target-token"]), dataFolder: folder, host: "127.0.0.1",
          wire: Wire(embedded: "127.0.0.1:1", ledger: EmbeddedLedger()),
          verifier: TokenVerifier(keys: { JSONWebKeySet([signer.publicKey]) }), metrics: nil,
          logLevel: .trace))
      let token = try await signer.token(
        subject: "op", scopes: ["events:read", "sources:read", "sources:write"])
      var logger = Logger(label: "http")
      logger.logLevel = .trace
      try await host.api().application(logger: logger).test(.router) { client in
        let caller = Caller(client: client, token: token)
        let key = try await caller.addSource().secret
        let secret = try await caller.addSource("till", kind: "webhook").secret
        var answers: [TestResponse] = []
        for body in [try event("e1"), try event("e1", body: "c"), "no event"] {
          answers.append(try await caller.hand(body, key: key))
          answers.append(try await caller.sign(body, secret, at: .now))
          answers.append(try await caller.sign(body, secret, at: .now - .days(1)))
          answers.append(try await caller.hand(body, key: key + "x"))
          answers.append(try await caller.hand(body, key: secret))
        }
        for path in ["/sources", "/events", "/events/e1", "/rejections", "/targets"] {
          answers.append(try await caller.get(path))
        }
        answers.append(try await caller.send(.post, "/sources/till/disable", ""))
        // A store that does not do what it is asked to.
        try await host.store.write { work in
          try work.database.execute(
            sql: """
              CREATE TRIGGER broken_events BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'broken'); END;
              CREATE TRIGGER broken_keys BEFORE INSERT ON source_credentials
              BEGIN SELECT raise(ABORT, 'broken'); END;
              """)
        }
        let broken = try await caller.hand(event("e9"), key: key)
        #expect(broken.status == .internalServerError)
        answers.append(broken)
        answers.append(try await caller.send(.post, "/sources/shop/rotate", "{}"))
        try await host.store.close()
        answers.append(try await caller.hand(event("e9"), key: key))
        answers.append(try await caller.sign(event("e9"), secret, at: .now))

        #expect(log.lines.filter { $0.contains("A request failed unexpectedly") }.count == 2)
        let secrets = [key, String(key.dropFirst(4)), secret, String(secret.dropFirst(6)), "target-token"]
        for line in log.lines + answers.map(\.text) + answers.map({ "\($0.headers)" }) {
          for secret in secrets { #expect(!line.contains(secret), "\(line)") }
        }
      }
    }
  }

  @Test func `what prints, dumps or mirrors a webhook's secret does not see it`() throws {
    let text = WebhookSecret.generate()
    let secret = try #require(WebhookSecret(text))
    let bytes = try #require(Data(base64Encoded: String(text.dropFirst("whsec_".count))))
    let record = CredentialRecord(
      id: "1", source: "shop", credential: .webhook(secret), createdAt: .now, expiresAt: nil)
    for value: Any in [secret, Credential.webhook(secret), record, [record]] {
      var dumped = ""
      dump(value, to: &dumped)
      for shown in ["\(value)", String(reflecting: value), dumped] {
        #expect(!shown.contains(text.dropFirst("whsec_".count)))
        #expect(!shown.contains(bytes.prefix(3).map { "\($0)" }.joined(separator: ", ")))
      }
    }
  }

  @Test func `a wrong setting is refused by its name, not by its value`() throws {
    let wrong = [
      "GATEWAY_TARGET_URL": "ftp://user:password@host", "GATEWAY_TARGET_RATE": "0",
      "GATEWAY_TARGET_BURST": "0",
      "GATEWAY_TARGET_TIMEOUT_MS": "soon", "GATEWAY_BATCH": "1001", "GATEWAY_ORDERED": "yes",
      "GATEWAY_MAX_AGE_S": "0", "GATEWAY_RETRY_FIRST_MS": "0", "GATEWAY_RETRY_MAX_MS": "1",
      "GATEWAY_PORT": "-1",
    ]
    for (key, value) in wrong {
      let error = try #require(
        throws: SettingError.self, performing: { _ = try ServiceBench.gateway([key: value]) })
      #expect(error.key == key)
      #expect(!"\(error)".contains("password"))
    }
  }
}
