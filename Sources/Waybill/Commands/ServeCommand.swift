import ArgumentParser
import Hosting
import Messaging

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run one service against the cluster that KAFKA_BOOTSTRAP_SERVERS names.",
    discussion: """
      Tokens are checked with the keys at JWKS_URL; without it, with those of the administration service on \
      this machine.
      """)

  @Argument(help: ArgumentHelp("One of: \(ServiceCatalog.all.map(\.name).joined(separator: ", "))."))
  var service: String

  func validate() throws {
    guard ServiceCatalog.entry(service) != nil else {
      let names = ServiceCatalog.all.map(\.name).joined(separator: ", ")
      throw ValidationError("There is no service \(service). There are: \(names).")
    }
  }

  func run() async throws {
    let program = try Program()
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
