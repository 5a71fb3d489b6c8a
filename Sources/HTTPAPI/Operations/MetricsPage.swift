import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The metrics that another program of this machine shows.
public struct MetricsPage: Sendable {
  private let url: String

  /// Nil when it is no `http://` address.
  public init?(url: String) {
    guard let address = URL(string: url), address.scheme == "http", address.host?.isEmpty == false else {
      return nil
    }
    self.url = url
  }

  /// - Throws: ``MetricsUnavailable``, or why nobody answers within two seconds.
  public func text() async throws -> String {
    let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(2))
    guard response.status == .ok else { throw MetricsUnavailable(status: response.status.code) }
    return String(buffer: try await response.body.collect(upTo: 1 << 22))
  }
}

struct MetricsUnavailable: Error, CustomStringConvertible {
  let status: UInt
  var description: String { "the metrics were asked for, and the answer was \(status)" }
}
