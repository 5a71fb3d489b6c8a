import ArgumentParser
import Foundation
import HTTPAPI
import HTTPTypes
import Logging
import ServiceLifecycle
import Storage

/// What orders depend on, for measurements: knows every user and every product, and answers after so long. A product
/// whose code begins with `slow` takes a minute.
struct ShopServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "shop", shouldDisplay: false)

  @Argument var port: Int
  @Argument(help: "Of a user, in milliseconds.") var userLatency: Int
  @Argument(help: "Of a product, in milliseconds.") var productLatency: Int

  private struct User: Encodable {
    let id: String
    let firstName = "Ada"
    let lastName = "Lovelace"
  }

  private struct Product: Encodable {
    let code: String
    let name = "Classic Box"
    let price = Decimal(999) / 100
  }

  func run() async throws {
    let scratch = try Scratch()
    let store = try Store(service: "shop", folder: scratch.path, migrations: [])
    let api = API(
      service: "shop", store: store, verifier: TokenVerifier(keys: { JSONWebKeySet([]) }), openapi: "")
    let (user, product) = (Duration.milliseconds(userLatency), Duration.milliseconds(productLatency))
    api.openRead("/users/{id}") { call in
      if user > .zero { try await Task.sleep(for: user) }
      return .ok(User(id: try call.parameter("id")))
    }
    api.openRead("/products/{code}") { call in
      let code = try call.parameter("code")
      let latency = code.hasPrefix("slow") ? .seconds(60) : product
      if latency > .zero { try await Task.sleep(for: latency) }
      return .ok(Product(code: code))
    }
    let server = api.server(host: "127.0.0.1", port: port, setting: "PORT", logger: logger) { _ in
      FileHandle.standardOutput.write(Data("ready\n".utf8))
    }
    try await server.run()
  }
}
