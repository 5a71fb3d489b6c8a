import ArgumentParser
import Foundation
import HTTPAPI
import HTTPTypes
import ServiceLifecycle
import Storage

/// The gateway's server with a handler that does nothing but read the body: what ingest is measured beside.
struct NothingServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "nothing", shouldDisplay: false)

  @Argument var port: Int

  func run() async throws {
    let scratch = try Scratch()
    let store = try Store(service: "nothing", folder: scratch.path, migrations: [])
    let api = API(
      service: "nothing", store: store, verifier: TokenVerifier(keys: { JSONWebKeySet([]) }), openapi: "")
    api.openRaw(.post, "/events") { _, _ in .accepted(["status": "RECEIVED"]) }
    let server = api.server(host: "127.0.0.1", port: port, setting: "PORT") { _ in
      FileHandle.standardOutput.write(Data("ready\n".utf8))
    }
    try await server.run()
  }
}
