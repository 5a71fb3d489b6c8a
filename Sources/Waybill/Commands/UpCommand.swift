import ArgumentParser
import Foundation
import Hosting

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run every service in this process, on a broker of its own.",
    discussion: """
      The simulators run beside them: a source and a target of the gateway, and the product service and the user \
      service of orders, which are used unless GATEWAY_TARGET_URL, ORDERS_PRODUCT_URL or ORDERS_USER_URL says \
      otherwise. With KAFKA_BOOTSTRAP_SERVERS that cluster is used and no broker is started. The first SIGTERM or \
      SIGINT stops cleanly, the second at once; nothing is lost either way.
      """)

  func run() async throws {
    let program = try Program()
    let telemetry = program.bootstrapTelemetry()
    let broker = try Broker(program, cluster: await program.checkedCluster())
    try await RunningServices(program, telemetry, on: broker.wire).run(
      ServiceCatalog.all, simulators: SimulatorCatalog.all, verifier: program.verifier()
    ) { try broker.announce(in: program) }
    // Everything is durable by now. Taking the embedded broker apart would cost another second.
    withExtendedLifetime(broker) { Foundation.exit(EXIT_SUCCESS) }
  }
}
