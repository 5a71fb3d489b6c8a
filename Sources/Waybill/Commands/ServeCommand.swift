import ArgumentParser
import Hosting
import Messaging

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run one service against the cluster that KAFKA_BOOTSTRAP_SERVERS names; or one simulator.",
    discussion: """
      Tokens are checked with the keys at JWKS_URL; without it, with those of the administration service on \
      this machine.
      """)

  private static var names: String {
    (ServiceCatalog.all.map(\.name) + SimulatorCatalog.all.map(\.name)).joined(separator: ", ")
  }

  @Argument(help: ArgumentHelp("One of: \(names)."))
  var service: String

  func validate() throws {
    guard ServiceCatalog.entry(service) != nil || SimulatorCatalog.entry(service) != nil else {
      throw ValidationError("There is no service \(service). There are: \(Self.names).")
    }
  }

  func run() async throws {
    let program = try Program()
    if let simulator = SimulatorCatalog.entry(service) {
      _ = program.bootstrapTelemetry()
      return try await simulator.run(program)
    }
    guard let cluster = try await program.checkedCluster() else {
      throw SettingError(
        key: "KAFKA_BOOTSTRAP_SERVERS", expected: "set: a single service needs a cluster to speak to")
    }
    let telemetry = program.bootstrapTelemetry()
    let entries = ServiceCatalog.all.filter { $0.name == service }
    try await RunningServices(program, telemetry, on: Wire(cluster: cluster)).run(
      entries, verifier: program.verifier())
  }
}
