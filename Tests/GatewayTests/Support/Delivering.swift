import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Logging
import ServiceLifecycle
import ServiceTesting
import Simulators
import Storage
import Testing

@testable import Gateway

/// The gateway with a target that behaves as the test says.
struct Delivering: Sendable {
  let bench: ServiceBench
  let caller: Caller
  let key: String
  let target: TargetState

  /// Runs both around `test`, on a broker of their own.
  static func to(
    _ behaviour: Behaviour = Behaviour(), token: String? = nil, _ settings: [String: String] = [:],
    clock: @escaping @Sendable () -> Timestamp = { .now }, _ test: @Sendable (Delivering) async throws -> Void
  ) async throws {
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = TargetConfiguration()
    configuration.port = 0
    configuration.token = token
    configuration.behaviour = behaviour
    let simulator = TargetSimulator(configuration: configuration, logger: logger) { listening.yield($0) }
    let group = ServiceGroup(services: [simulator], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await group.run()
      }
      if let port = await ports.first(where: { _ in true }) {
        let fast = [
          "GATEWAY_TARGET_URL": "http://127.0.0.1:\(port)/graphql", "GATEWAY_TARGET_RATE": "10",
          "GATEWAY_TARGET_BURST": "1", "GATEWAY_RETRY_FIRST_MS": "50", "GATEWAY_RETRY_MAX_MS": "200",
        ]
        let bench = try ServiceBench.gateway(
          fast.merging(settings) { $1 }, onTheWire: true, clock: clock)
        try await bench.running { caller in
          let key = try await caller.addSource().secret
          try await test(Delivering(bench: bench, caller: caller, key: key, target: simulator.state))
        }
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Hands over e1, e2 and so on, in one request.
  func send(_ count: Int, from first: Int = 1) async throws {
    let events = try (first..<first + count).map { try event("e\($0)") }
    let answer = try await caller.hand("[\(events.joined(separator: ","))]", key: key, to: "/events/batch")
    #expect(answer.status == .accepted)
  }

  func count(_ status: EventStatus) async throws -> Int {
    try await bench.count("SELECT count(*) FROM events WHERE status = '\(status.rawValue)'")
  }

  func until(
    _ status: EventStatus, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await bench.until(sourceLocation: sourceLocation) { try await self.count(status) == count }
  }

  func steps(_ id: String) async throws -> [String] { try await caller.story(id).steps.map(\.step) }

  /// How many events have such a step.
  func noted(_ step: EventStep.Kind) async throws -> Int {
    try await bench.count("SELECT count(DISTINCT event) FROM event_steps WHERE step = '\(step.rawValue)'")
  }
}
