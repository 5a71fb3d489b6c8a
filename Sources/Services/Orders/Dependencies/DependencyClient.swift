import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Resilience
import ServiceContextModule
import Tracing

/// Asks another service for one of its resources, once.
struct DependencyClient: Sendable {
  /// More of an answer is not read.
  private static let longestAnswer = 64 << 10

  /// Fails at once when nobody listens: when to try again is not the client's business.
  private static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1000
    return HTTPClient(configuration: configuration)
  }()

  /// The collection that the resource is in; may carry a password, and is not told.
  private let url: String

  init(url: String) {
    self.url = url
  }

  /// - Returns: nil when the service says that there is no such resource.
  /// - Throws: `HTTPFailure` and `UnusableAnswer`, and whatever a connection fails with.
  func get<Value: Decodable>(_ reference: String, as type: Value.Type) async throws -> Value? {
    var request = HTTPClientRequest(url: "\(url)/\(reference)")
    request.headers = ["accept": "application/json"]
    if let context = ServiceContext.current {
      InstrumentationSystem.instrument.inject(context, into: &request.headers, using: HeaderInjector())
    }
    // The pipeline knows how long it may take; this only ends what nobody waits for any more.
    let response = try await Self.http.execute(request, timeout: .hours(1))
    let status = Int(response.status.code)
    switch status {
    case 404: return nil
    case 200: break
    default:
      throw HTTPFailure(
        status: status,
        retryAfter: response.headers.first(name: "retry-after").flatMap { RetryAfter(text: $0)?.delay })
    }
    let body: ByteBuffer
    do {
      body = try await response.body.collect(upTo: Self.longestAnswer)
    } catch is NIOTooManyBytesError {
      throw UnusableAnswer("is larger than \(Self.longestAnswer >> 10) KiB")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    } catch let error as DecodingError {
      throw UnusableAnswer(error.sentence)
    }
  }
}

private struct HeaderInjector: Injector {
  func inject(_ value: String, forKey key: String, into headers: inout HTTPHeaders) {
    headers.replaceOrAdd(name: key, value: value)
  }
}

extension DecodingError {
  /// What is wrong with an answer, without any of its content.
  fileprivate var sentence: String {
    func place(_ path: [any CodingKey]) -> String { "/" + path.map(\.stringValue).joined(separator: "/") }
    return switch self {
    case .keyNotFound(let key, let context): "has no \(place(context.codingPath + [key]))"
    case .valueNotFound(_, let context), .typeMismatch(_, let context):
      context.codingPath.isEmpty
        ? "is JSON of another kind" : "has something else at \(place(context.codingPath))"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "is not JSON" : "has at \(place(context.codingPath)) \(context.debugDescription)"
    @unknown default: "cannot be read"
    }
  }
}
