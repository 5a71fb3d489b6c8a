import Administration
import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage

extension ServiceBench {
  /// Administration, with cheap passwords. Its tokens are those that it signs itself.
  static func administration(
    _ settings: [String: String] = [:], folder: String? = nil, onTheWire: Bool = false,
    trustedProxies: Int = 0, clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws -> ServiceBench {
    let settings = ["ADMINISTRATION_SCRYPT_LOG2N": "10"].merging(settings) { $1 }
    return try ServiceBench(
      scopes: ["account", "tasks:read", "tasks:write"], settings: settings, folder: folder,
      onTheWire: onTheWire, trustedProxies: trustedProxies, clock: clock,
      issue: { subject, scopes, folder in
        try await LocalTokens.make(
          dataFolder: folder, subject: subject, scopes: scopes, lifetime: .hours(1))
      }, AdministrationService.host)
  }

  /// The first key is made when somebody asks for it.
  func withKeys() async throws -> ServiceBench {
    try await host.api().application(logger: logger).test(.router) { client in
      _ = try await client.execute(uri: "/.well-known/jwks.json", method: .get, headers: [:], body: nil)
    }
    return self
  }
}
