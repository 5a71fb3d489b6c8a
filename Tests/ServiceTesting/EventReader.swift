import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A client of a live stream, as a browser's EventSource reads it.
public struct EventReader: AsyncSequence, Sendable {
  public struct Event: Hashable, Sendable {
    public let id: String?
    public let event: String
    public let data: String

    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
      try JSONDecoder().decode(type, from: Data(data.utf8))
    }
  }

  public let status: UInt
  private let body: HTTPClientResponse.Body

  /// Opens the stream; returns once it has begun.
  public init(_ url: String, token: String, after id: String? = nil) async throws {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let id { request.headers.add(name: "Last-Event-ID", value: id) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    status = response.status.code
    body = response.body
  }

  public func makeAsyncIterator() -> Iterator { Iterator(bytes: body.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var bytes: HTTPClientResponse.Body.AsyncIterator
    var text = ""

    /// Nil when the stream has ended.
    @concurrent
    public mutating func next() async throws -> Event? {
      while true {
        if let end = text.range(of: "\n\n") {
          let block = text[..<end.lowerBound]
          text = String(text[end.upperBound...])
          var fields: [Substring: String] = [:]
          for line in block.split(separator: "\n") where !line.hasPrefix(":") {
            let parts = line.split(separator: ": ", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = String(parts[1]) }
          }
          if let data = fields["data"] {
            return Event(id: fields["id"], event: fields["event"] ?? "message", data: data)
          }
          continue
        }
        guard let more = try await bytes.next() else { return nil }
        text += String(buffer: more)
      }
    }
  }
}
