import Foundation
import HTTPAPI
import Hosting
import Kafka
import Logging
import Messaging
import ServiceLifecycle
import Synchronization
import Telemetry

/// Services running together in this process, and what they share.
struct RunningServices {
  private let program: Program
  private let telemetry: Telemetry
  private let wire: Wire

  init(_ program: Program, _ telemetry: Telemetry, on wire: Wire) {
    self.program = program
    self.telemetry = telemetry
    self.wire = wire
  }

  /// Runs `entries` until told to stop.
  /// - Parameter onOwning: called once the stores belong to this process, before anything runs.
  func run(
    _ entries: [ServiceCatalog.Entry], simulators: [SimulatorCatalog.Entry] = [], verifier: TokenVerifier,
    onOwning: () throws -> Void = {}
  ) async throws {
    let ready = Announcement(expected: entries.count + simulators.count, broker: wire.kafka.bootstrapServers)
    let metricsPort = try program.settings.port("METRICS_PORT", default: 0)
    let render: @Sendable () -> String = { telemetry.metrics.render() }
    let proxies = try program.settings.integer("TRUSTED_PROXIES", default: 0, in: 0...10)
    let environment = ServiceEnvironment(
      settings: program.settings, dataFolder: program.dataFolder, host: program.host, wire: wire,
      verifier: verifier,
      trustedProxies: proxies,
      metrics: metricsPort == 0 && program.isLoopback ? render : nil,
      logLevel: program.logLevel,
      onListening: { name, port in ready.listening(name, "http://\(program.host):\(port)") })
    if metricsPort == 0 && !program.isLoopback {
      program.logger("waybill").notice(
        "Metrics are not served, because the API's port is open to others: set METRICS_PORT to serve them apart"
      )
    }
    var services: [any Service] = []
    if metricsPort != 0 {
      services.append(
        MetricsServer(host: program.host, port: metricsPort, setting: "METRICS_PORT", text: render))
    }
    let hosts = try entries.map { try $0.host(environment) }
    var simulated: [any Service] = []
    for simulator in simulators {
      simulated.append(
        try await simulator.service(program, hosts) { port in
          ready.listening(simulator.name, "http://\(program.host):\(port)")
        })
    }
    services.append(SideBySide(services: hosts + simulated))
    try onOwning()
    let group = ServiceGroup(services: services, logger: program.logger("waybill"))
    let signals = StopSignals(stop: group)
    try await group.run()
    signals.release()
  }
}

/// What starts and stops at the same time.
private struct SideBySide: Service {
  let services: [any Service]

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services { group.addTask { try await service.run() } }
      try await group.waitForAll()
    }
  }
}

/// Says where everything is, once all of it takes requests.
private final class Announcement: Sendable {
  private let started = ContinuousClock.now
  private let expected: Int
  private let broker: String
  private let addresses = Mutex<[String: String]>([:])

  init(expected: Int, broker: String) {
    self.expected = expected
    self.broker = broker
  }

  func listening(_ name: String, _ address: String) {
    let all = addresses.withLock { addresses in
      addresses[name] = address
      return addresses
    }
    guard all.count == expected else { return }
    let width = (all.keys.map(\.count) + [6]).max() ?? 6
    let lines = all.sorted { $0.key < $1.key }.map { name, address in
      name.padding(to: width) + " " + address
    }
    let elapsed = (ContinuousClock.now - started).formatted(
      .units(allowed: [.milliseconds], width: .narrow))
    let text = lines.joined(separator: "\n") + "\nbroker \(broker)\nready in \(elapsed)\n"
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}
