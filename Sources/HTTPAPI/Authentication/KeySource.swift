import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Why the keys of an issuer cannot be had.
public enum KeySourceError: Error, Hashable, CustomStringConvertible {
  case notAnAddress
  case refused(status: UInt)

  public var description: String {
    switch self {
    case .notAnAddress: "The address of the keys must begin with https://, http:// or file://."
    case .refused(let status): "The issuer answered \(status) when asked for its keys."
    }
  }
}

/// Where an issuer publishes its keys.
struct KeySource: Sendable {
  let fetch: @Sendable () async throws -> Data

  init(fetch: @escaping @Sendable () async throws -> Data) {
    self.fetch = fetch
  }

  init(url: String) throws(KeySourceError) {
    guard let address = URL(string: url) else { throw .notAnAddress }
    switch address.scheme {
    case "file":
      fetch = { try Data(contentsOf: address) }
    case "http", "https":
      fetch = {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
        guard response.status == .ok else { throw KeySourceError.refused(status: response.status.code) }
        return Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
      }
    default: throw .notAnAddress
    }
  }
}
