import Foundation
import HTTPAPI
import Hosting
import Hummingbird
import Logging
import ServiceLifecycle

/// Publishes the development key where the administration service will publish its keys.
struct DevelopmentIssuer: Service {
  private static let path = "/.well-known/jwks.json"

  let keys: DevelopmentKeys
  let host: String
  let port: Int
  let logger: Logger

  init(_ program: Program) throws {
    keys = try DevelopmentKeys(data: program.dataFolder)
    host = program.host
    port = try program.settings.port("ADMINISTRATION_PORT", default: 8081)
    logger = program.logger("development-issuer")
  }

  var jwks: String { "http://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)\(Self.path)" }

  func run() async throws {
    guard let file = URL(string: keys.jwks) else { return }
    let document = ByteBuffer(bytes: try Data(contentsOf: file))
    let router = Router()
    router.get("/.well-known/jwks.json") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/jwk-set+json"],
        body: ResponseBody(byteBuffer: document))
    }
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      logger: logger)
    do {
      try await application.run()
    } catch {
      throw Complaint(
        "The development issuer cannot listen on \(host), port \(port) (\(error)). Choose another port with "
          + "ADMINISTRATION_PORT, or name an issuer of your own with JWKS_URL.")
    }
  }
}
