import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends events, each once and never again: what gets no 2xx in time is lost.
struct EventSender: Sendable {
  /// How long a source waits for an answer.
  static let patience = Duration.milliseconds(500)

  let url: String
  let key: String?
  let signer: WebhookSigner?
  let state: SourceState
  let patience: Duration
  let client: HTTPClient

  static func client(patience: Duration) -> HTTPClient {
    var settings = HTTPClient.Configuration()
    // Both would send an event again.
    settings.redirectConfiguration = .disallow
    settings.connectionPool.retryConnectionEstablishment = false
    // Enough for 500 events a second that are never answered, and thousands that are.
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    // A server may close what has been idle, and an event that goes out at that moment is lost.
    settings.connectionPool.idleTimeout = .seconds(10)
    settings.timeout.read = TimeAmount(patience)
    return HTTPClient(configuration: settings)
  }

  func send(_ letter: Letter) async {
    let start = ContinuousClock.now
    do {
      let answer = try await client.execute(request(for: letter), timeout: TimeAmount(patience))
      state.settle(letter, Outcome(status: Int(answer.status.code), after: .now - start, patience))
      // Read to the end, the connection can be used again; how that goes means nothing for the event.
      try? await skip(answer.body, until: start + patience * 2)
    } catch {
      state.settle(letter, Outcome(error))
    }
  }

  private func request(for letter: Letter) -> HTTPClientRequest {
    let now = Date()
    let body = JSONValue.object([
      .init(name: "id", value: .string(letter.id)), .init(name: "name", value: "order.placed"),
      .init(
        name: "body",
        value: .string(#"{"order":\#(letter.number),"customer":"Ada Lovelace","total":"12.50"}"#)),
      .init(name: "timestamp", value: .string(now.rfc3339)),
    ]).bytes
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers = ["content-type": "application/json"]
    if let signer {
      for (name, value) in signer.headers(id: letter.id, body: body, at: now) {
        request.headers.add(name: name, value: value)
      }
    } else if let key {
      request.headers.add(name: "authorization", value: "Bearer \(key)")
    }
    request.body = .bytes(ByteBuffer(bytes: body))
    return request
  }

  private func skip(_ body: HTTPClientResponse.Body, until limit: ContinuousClock.Instant) async throws {
    for try await _ in body where ContinuousClock.now > limit { return }
  }
}

extension Outcome {
  init(status: Int, after duration: Duration, _ patience: Duration) {
    if duration > patience {
      self = .lost("late")
    } else if !(200..<300).contains(status) {
      self = .lost("status \(status)")
    } else {
      self = .accepted(after: duration)
    }
  }

  /// For a request that got no answer.
  init(_ error: any Error) {
    switch error {
    case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
      self = .lost("late")
    case is NIOConnectionError:
      self = .lost("refused")
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      self = .lost("refused")
    default:
      self = .lost("no answer")
    }
  }
}
