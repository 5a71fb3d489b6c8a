import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Speaks GraphQL over HTTP with the target.
struct TargetClient: Sendable {
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: Data
  }

  /// More of an answer is not read.
  private static let longestAnswer = 16 << 20

  /// Fails at once when nobody listens: when to try again is not the client's business.
  private static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1000
    return HTTPClient(configuration: configuration)
  }()

  private let url: Secret
  private let token: Secret?
  private let timeout: Duration

  /// - Parameter url: may carry a password.
  init(url: String, token: String?, timeout: Duration) {
    self.url = Secret(url)
    self.token = token.map { Secret($0) }
    self.timeout = timeout
  }

  /// - Throws: when there is no answer, or not in time: then nobody knows whether it was executed.
  func send(_ events: [GatewayEvent]) async throws -> Answer {
    var request = HTTPClientRequest(url: url.text)
    request.method = .POST
    request.headers = ["content-type": "application/json", "accept": "application/json"]
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token.text)") }
    if let event = events.first, events.count == 1, let key = Self.headerText("\(event.id)") {
      request.headers.add(name: "idempotency-key", value: key)
    }
    request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(TargetRequest(events))))
    let response = try await Self.http.execute(request, timeout: TimeAmount(timeout))
    let body = try await response.body.collect(upTo: Self.longestAnswer)
    return Answer(
      status: Int(response.status.code), headers: response.headers, body: Data(body.readableBytesView))
  }

  /// Nil for what no header can carry: a line's end in it would begin another header.
  private static func headerText(_ text: String) -> String? {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
  }
}
