import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import HTTPAPI

/// Servers as part of a running program.
@Suite struct RunningServers {
  let service: NotesService
  private let ports = AsyncStream.makeStream(of: Int.self)

  init() throws { service = try NotesService() }

  /// Runs `server` while `test` talks to its port, then stops it gracefully.
  private func running(
    _ server: some Service, _ test: @Sendable (Int, ServiceGroup) async throws -> Void
  ) async throws {
    let group = ServiceGroup(
      services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let port = ports.stream
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      if let port = await port.first(where: { _ in true }) { try await test(port, group) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func listening() -> @Sendable (Int) -> Void {
    { [ports] port in ports.continuation.yield(port) }
  }

  private func get(_ port: Int, _ path: String) async throws -> (status: UInt, text: String) {
    let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let body = try await response.body.collect(upTo: 1 << 20)
    return (response.status.code, String(buffer: body))
  }

  @Test func `a graceful stop finishes the request under way`() async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let token = try await service.token()
    let api = service.api { api in
      api.read("/slow", scope: "notes:read") { _ in
        arrival.yield()
        try await gracefulShutdown()
        return .ok("finished")
      }
    }
    let server = api.server(host: "127.0.0.1", port: 0, setting: "PORT", onListening: listening())
    try await running(server) { port, group in
      var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/slow")
      request.headers.add(name: "authorization", value: "Bearer \(token)")
      async let response = HTTPClient.shared.execute(request, timeout: .seconds(30))
      _ = await arrivals.first { _ in true }
      await group.triggerGracefulShutdown()
      let finished = try await response
      let body = try await finished.body.collect(upTo: 1000)
      #expect(finished.status == .ok)
      #expect(String(buffer: body) == #""finished""#)
    }
  }

  @Test func `a taken port is named, with the setting that changes it`() async throws {
    let first = service.api().server(host: "127.0.0.1", port: 0, setting: "PORT", onListening: listening())
    try await running(first) { [service] port, _ in
      let second = service.api().server(host: "127.0.0.1", port: port, setting: "NOTES_PORT")
      let error = await #expect(throws: ServerError.self) { try await second.run() }
      #expect(error == .portInUse(host: "127.0.0.1", port: port, setting: "NOTES_PORT"))
      let text = "\(try #require(error))"
      #expect(text.contains("\(port)"))
      #expect(text.contains("NOTES_PORT"))
    }
  }

  @Test func `an address of another machine is named, with the setting`() async throws {
    let server = service.api().server(host: "192.0.2.1", port: 0, setting: "NOTES_PORT")
    let error = await #expect(throws: ServerError.self) { try await server.run() }
    #expect("\(try #require(error))".contains("192.0.2.1"))
  }

  @Test func `metrics can have a port of their own`() async throws {
    let server = MetricsServer(host: "127.0.0.1", port: 0, setting: "METRICS_PORT", onListening: listening())
    {
      "requests 1\n"
    }
    try await running(server) { port, _ in
      let shown = try await get(port, "/metrics")
      #expect(shown.status == 200)
      #expect(shown.text == "requests 1\n")
      let other = try await get(port, "/")
      #expect(other.status == 404)
    }
  }
}
