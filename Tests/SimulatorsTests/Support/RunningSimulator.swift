import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import Simulators

/// Runs the service that `make` makes while `test` talks to it, then stops it gracefully.
func running<Simulator: Service>(
  _ make: (Logger, @escaping @Sendable (Int) -> Void) -> Simulator,
  _ test: (Simulator, Address) async throws -> Void
) async throws {
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let simulator = make(logger) { port.yield($0) }
  let group = ServiceGroup(services: [simulator], logger: logger)
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask {
      defer { port.finish() }
      try await group.run()
    }
    if let port = await ports.first(where: { _ in true }) {
      do {
        try await test(simulator, Address(port: port))
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
  }
}

/// A target simulator with this behaviour.
func target(
  _ behaviour: Behaviour = Behaviour(), token: String? = nil,
  _ test: (TargetSimulator, Address) async throws -> Void
) async throws {
  var configuration = TargetConfiguration()
  configuration.port = 0
  configuration.token = token
  configuration.behaviour = behaviour
  try await running({ TargetSimulator(configuration: configuration, logger: $0, onListening: $1) }, test)
}

/// Where a simulator listens.
struct Address: Sendable {
  let port: Int

  struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: ByteBuffer

    var json: JSONValue { get throws { try JSONValue(parsing: body) } }
  }

  func send(
    _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:],
    within limit: TimeAmount = .seconds(30)
  ) async throws -> Reply {
    try await send(method, path, text: body.map { String(decoding: $0.bytes, as: UTF8.self) }, headers, limit)
  }

  func send(
    _ method: HTTPMethod, _ path: String, text: String?, _ headers: [String: String] = [:],
    _ limit: TimeAmount = .seconds(30)
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    request.method = method
    if let text {
      request.body = .bytes(ByteBuffer(string: text))
      request.headers.add(name: "content-type", value: "application/json")
    }
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: limit)
    return Reply(
      status: Int(response.status.code), headers: response.headers,
      body: try await response.body.collect(upTo: 64 << 20))
  }

  /// Sends one mutation with these events, named e0, e1 and so on.
  func create(
    _ events: [JSONValue], headers: [String: String] = [:], within limit: TimeAmount = .seconds(30)
  ) async throws -> Reply {
    let names = events.indices.map { "e\($0)" }
    let variables = names.map { "$\($0): EventInput!" }.joined(separator: ", ")
    let fields = names.map { "\($0): createEvent(input: $\($0)) { id }" }.joined(separator: " ")
    let values = zip(names, events).map { JSONValue.Member(name: $0, value: $1) }
    return try await send(
      .POST, "/graphql",
      ["query": .string("mutation(\(variables)) { \(fields) }"), "variables": .object(values)],
      headers: headers, within: limit)
  }
}

func event(_ id: String, name: String = "opened", body: String = "{}") -> JSONValue {
  [
    "id": .string(id), "name": .string(name), "body": .string(body), "timestamp": "2025-01-01T00:00:00Z",
    "brand": "testBrand",
  ]
}
