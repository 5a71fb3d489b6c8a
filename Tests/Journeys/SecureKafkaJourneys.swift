import Foundation
import Kafka
import NIOHTTP1
import Testing

/// What goes wrong between a service and a broker that wants TLS and SCRAM, as far as it can be had without one.
@Suite("Speaking to a guarded broker", .serialized, .timeLimit(.minutes(3)))
struct SecureKafkaJourneys {
  static let password = "s3cret-of-the-broker"
  static let openssl = "/usr/bin/openssl"

  static let scram = [
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_USERNAME": "waybill",
    "KAFKA_SASL_PASSWORD": password,
  ]

  struct Wrong: CustomTestStringConvertible, Sendable {
    let setting: String
    let settings: [String: String]
    var testDescription: String { setting }

    static let all = [
      Wrong(
        setting: "KAFKA_SSL_CA_LOCATION",
        settings: ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SSL_CA_LOCATION": "/nowhere/authority.pem"]
          .merging(scram) { $1 }),
      Wrong(
        setting: "KAFKA_SSL_CA_LOCATION",
        settings: ["KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": "/etc/hostname"]),
      Wrong(
        setting: "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD",
        settings: [
          "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
          "KAFKA_SASL_PASSWORD": password,
        ]),
      Wrong(
        setting: "KAFKA_SASL_MECHANISM",
        settings: [
          "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "TELEPATHY",
          "KAFKA_SASL_USERNAME": "waybill", "KAFKA_SASL_PASSWORD": password,
        ]),
      Wrong(setting: "KAFKA_SECURITY_PROTOCOL", settings: ["KAFKA_SECURITY_PROTOCOL": "CARRIER_PIGEON"]),
      Wrong(setting: "KAFKA_SASL_PASSWORT", settings: ["KAFKA_SASL_PASSWORT": password]),
    ]
  }

  @Test(arguments: Wrong.all)
  func `a setting that cannot be right ends the program with 78 and its name, and never its value`(
    wrong: Wrong
  ) async throws {
    let stack = try Stack(
      environment: ["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"].merging(wrong.settings) { $1 })
    let (exit, lines) = try await stack.run("serve", "workflow")
    #expect(exit == ChildProcess.Exit(status: 78, signal: nil))
    #expect(lines.last?.hasPrefix("Error: The setting \(wrong.setting) must be ") == true, "\(lines)")
    // Shorter ones are parts of names.
    for value in wrong.settings.values where value.count > 8 {
      #expect(lines.last?.contains(value) == false)
      #expect(value != Self.password || !lines.contains { $0.contains(value) })
    }
  }

  /// Runs the workflow service until its log has a line with all of `words`; what it has logged by then.
  private func log(_ settings: [String: String], until words: String...) async throws -> [String] {
    let stack = try Stack(environment: settings)
    let child = try await stack.start("serve", "workflow")
    #expect(await child.line { line in words.allSatisfy(line.contains) } != nil)
    child.signal(SIGTERM)
    #expect(await child.exit().status == 0)
    return child.lines
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl), "openssl is not installed"))
  func `a certificate that nobody here trusts is told as such, with the setting that would`() async throws {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try ChildProcess(
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
      ], [:], program: Self.openssl)
    #expect(await made.exit().status == 0)
    let port = try Stack.freePort()
    let listener = try ChildProcess(
      [
        "s_server", "-www", "-accept", "127.0.0.1:\(port)", "-key", "\(folder)/key.pem", "-cert",
        "\(folder)/certificate.pem",
      ], [:], program: Self.openssl)
    #expect(await listener.line { $0.hasPrefix("ACCEPT") } != nil)
    let settings = [
      "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:\(port)", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    ].merging(Self.scram) { $1 }
    let lines = try await log(
      settings, until: "certificate verify failed", "The broker's certificate was not accepted",
      "KAFKA_SSL_CA_LOCATION")
    #expect(!lines.contains { $0.contains(Self.password) })
    listener.signal(SIGKILL)
    _ = await listener.exit()
  }

  @Test func `a broker that refuses the password is told as such, with the settings to check`() async throws {
    let broker = try RefusingBroker()
    let settings = [
      "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:\(broker.port)", "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    ].merging(Self.scram) { $1 }
    let lines = try await log(
      settings, until: "invalid credentials", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD")
    #expect(!lines.contains { $0.contains(Self.password) })
    broker.close()
  }

  @Test
  func
    `a service that starts before Kafka takes requests, says where it waits, and goes on when it is there`()
    async throws
  {
    let broker = try BrokerTests.broker()
    broker.takeDown()
    let stack = try Stack(environment: [
      "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers, "KAFKA_SESSION_TIMEOUT_MS": "6000",
      "KAFKA_RECONNECT_BACKOFF_MAX_MS": "500",
    ])
    try await stack.start("serve", "administration")
    let workflow = try await stack.start("serve", "workflow")
    try await stack.start("serve", "delivery")
    let address = broker.bootstrapServers
    let waiting = await workflow.line { $0.contains("Waiting for a broker") && $0.contains(address) }
    #expect(waiting?.contains("KAFKA_BOOTSTRAP_SERVERS") == true)
    let id = try await stack.createWorkflow("Early", key: "early")
    #expect(try await stack.send(.GET, "workflow", "/health/ready").status == 200)
    broker.bringUp()
    try await stack.until("its delivery appears") { try await !stack.deliveries(of: id).isEmpty }
  }
}
