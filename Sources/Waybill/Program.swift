import Administration
import Foundation
import HTTPAPI
import Hosting
import Kafka
import Logging
import ServiceContextModule
import Storage
import Telemetry

/// What every command starts from: the settings, read once, and where things are.
struct Program: Sendable {
  let settings: Settings
  let dataFolder: String
  let host: String
  let logLevel: Logger.Level

  init() throws {
    settings = try Settings(environment: ProcessInfo.processInfo.environment)
    dataFolder = settings.text("WAYBILL_DATA") ?? "./data"
    host = settings.text("HOST") ?? "127.0.0.1"
    guard let level = Logger.Level(rawValue: (settings.text("LOG_LEVEL") ?? "info").lowercased()) else {
      throw SettingError(
        key: "LOG_LEVEL",
        expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    logLevel = level
  }

  /// Whether only this machine can reach the services.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  /// Logs on standard error, so that standard output stays with what a command has to say.
  func bootstrapTelemetry() -> Telemetry {
    // A reader of our output that goes away must not take the services with it.
    signal(SIGPIPE, SIG_IGN)
    raiseFileLimit()
    let correlation = Logger.MetadataProvider {
      guard let context = ServiceContext.current else { return [:] }
      var metadata: Logger.Metadata = [:]
      if let id = context.correlationID { metadata["correlation.id"] = "\(id)" }
      if let id = context.causationID { metadata["event.id"] = "\(id)" }
      return metadata
    }
    return Telemetry.bootstrap(
      logLevel: logLevel, output: .standardError, metadataProviders: [correlation])
  }

  /// Takes all the files that this process may have: each connection is one, and a shell gives a thousand.
  private func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(Self.files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    // What cannot be had is not needed by most.
    _ = setrlimit(Self.files, &limit)
  }

  #if canImport(Glibc)
    private static let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    private static let files = RLIMIT_NOFILE
  #endif

  func logger(_ label: String) -> Logger {
    var logger = Logger(label: label)
    logger.logLevel = logLevel
    return logger
  }

  /// Believes the issuer at JWKS_URL; without it, the administration service on this machine.
  func verifier() throws -> TokenVerifier {
    if let url = settings.text("JWKS_URL") { return try TokenVerifier(jwks: url) }
    let port = try settings.port("ADMINISTRATION_PORT", default: AdministrationService.defaultPort)
    let address = host == "0.0.0.0" ? "127.0.0.1" : host
    return try TokenVerifier(jwks: "http://\(address):\(port)/.well-known/jwks.json")
  }

  /// The cluster that KAFKA_BOOTSTRAP_SERVERS names; nil without it.
  var cluster: KafkaConfiguration? {
    settings.text("KAFKA_BOOTSTRAP_SERVERS").map {
      var cluster = KafkaConfiguration(bootstrapServers: $0, properties: settings.kafkaProperties)
      cluster.nameOfProperty = Settings.name(ofKafkaProperty:)
      return cluster
    }
  }

  /// The same, once librdkafka has accepted every setting. Whether anybody answers there is another matter.
  func checkedCluster() async throws -> KafkaConfiguration? {
    guard let cluster else { return nil }
    do {
      let admin = try KafkaAdmin(cluster, logger: logger("kafka"))
      await admin.close()
    } catch {
      throw SettingError(refusedByKafka: error, of: cluster)
    }
    return cluster
  }

  /// The file in which a running `waybill up` leaves the address of its embedded broker.
  var brokerFile: String { "\(dataFolder)/broker" }

  /// The broker that the running services use.
  func reachableBroker() throws -> KafkaConfiguration {
    if let cluster { return cluster }
    guard let address = try? String(contentsOfFile: brokerFile, encoding: .utf8) else {
      throw Complaint(
        "No broker is known: set KAFKA_BOOTSTRAP_SERVERS, or start `waybill up` with the same WAYBILL_DATA.")
    }
    return KafkaConfiguration(
      bootstrapServers: address.trimmingCharacters(in: .whitespacesAndNewlines),
      properties: settings.kafkaProperties.merging(["fetch.wait.max.ms": "1"]) { chosen, _ in chosen })
  }
}

/// What is wrong with how a command was called, for the person who called it.
struct Complaint: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
