import Foundation
import Gateway
import Hosting
import Logging
import ServiceLifecycle
import Simulators

/// Stand-ins for what is outside of the suite.
enum SimulatorCatalog {
  struct Entry: Sendable {
    let name: String
    let make:
      @Sendable (Program, [ServiceHost], @escaping @Sendable (Int) -> Void) async throws
        -> any Service

    /// - Parameters:
    ///   - hosts: the services that run beside it.
    ///   - onListening: told its port.
    func service(
      _ program: Program, _ hosts: [ServiceHost], onListening: @escaping @Sendable (Int) -> Void
    ) async throws -> any Service {
      do {
        return try await make(program, hosts, onListening)
      } catch let error as SimulatorSettingError {
        throw SettingError(key: error.key, expected: error.expected)
      }
    }

    /// Runs it alone until told to stop.
    func run(_ program: Program) async throws {
      let (name, host) = (name, program.host)
      let service = try await service(program, []) { port in
        FileHandle.standardOutput.write(Data("\(name) http://\(host):\(port)\nready\n".utf8))
      }
      let group = ServiceGroup(services: [service], logger: program.logger("waybill"))
      let signals = StopSignals(stop: group)
      try await group.run()
      signals.release()
    }
  }

  static let all: [Entry] = [
    Entry(name: "source-simulator") { program, hosts, onListening in
      var configuration = try SourceConfiguration(
        environment: ProcessInfo.processInfo.environment, host: program.host)
      let gateway = hosts.first { $0.name == GatewayService.name }
      if let gateway, program.settings.text("SOURCE_SIMULATOR_URL") == nil {
        let address = program.host == "0.0.0.0" ? "127.0.0.1" : program.host
        configuration.url = "http://\(address):\(gateway.port)/events"
      }
      if let gateway, configuration.key == nil, configuration.secret == nil {
        configuration.key = try await GatewayService.makeKey(forSimulatorIn: gateway)
      }
      return SourceSimulator(
        configuration: configuration, logger: program.logger("source-simulator"), onListening: onListening)
    },
    Entry(name: "target-simulator") { program, _, onListening in
      TargetSimulator(
        configuration: try TargetConfiguration(
          environment: ProcessInfo.processInfo.environment, host: program.host),
        logger: program.logger("target-simulator"), onListening: onListening)
    },
    Entry(name: "product-simulator") { program, _, onListening in
      ProductSimulator(
        configuration: try .products(
          environment: ProcessInfo.processInfo.environment, host: program.host),
        logger: program.logger("product-simulator"), onListening: onListening)
    },
    Entry(name: "user-simulator") { program, _, onListening in
      UserSimulator(
        configuration: try .users(environment: ProcessInfo.processInfo.environment, host: program.host),
        logger: program.logger("user-simulator"), onListening: onListening)
    },
  ]

  static func entry(_ name: String) -> Entry? { all.first { $0.name == name } }
}
