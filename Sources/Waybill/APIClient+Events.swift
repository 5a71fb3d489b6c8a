import AsyncHTTPClient
import Foundation
import HTTPAPI
import NIOCore
import NIOHTTP1

extension APIClient {
  /// A live stream of server-sent events, read to its end or until it is cancelled.
  final class Events: Sendable {
    struct Event: Sendable {
      let name: String
      let data: String
    }

    private let events: AsyncThrowingStream<Event, any Error>
    private let reading: Task<Void, Never>

    fileprivate init(_ body: HTTPClientResponse.Body) {
      let (events, event) = AsyncThrowingStream.makeStream(of: Event.self)
      self.events = events
      reading = Task {
        do {
          var text = ""
          for try await part in body {
            text += String(buffer: part)
            while let end = text.firstRange(of: "\n\n") {
              if let next = Event(text[..<end.lowerBound]) { event.yield(next) }
              text = String(text[end.upperBound...])
            }
          }
          event.finish()
        } catch {
          event.finish(throwing: error is CancellationError ? nil : error)
        }
      }
    }

    /// For one reader, who asks for the next when he has the last. Nil when the stream has ended.
    func next() async throws -> Event? {
      var iterator = events.makeAsyncIterator()
      return try await iterator.next()
    }

    func cancel() { reading.cancel() }
  }

  /// Opens the stream at `path`; returns once it has begun.
  func events(_ path: String, of service: ServiceCatalog.Entry) async throws -> Events {
    var request = HTTPClientRequest(url: try address(of: service) + path)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    let response = try await Self.client.execute(request, timeout: .hours(1))
    guard response.status == .ok else {
      throw Complaint("\(service.name) answers \(response.status.code) to GET \(path).")
    }
    return Events(response.body)
  }
}

extension APIClient.Events.Event {
  /// Nil for a comment.
  fileprivate init?(_ block: Substring) {
    var fields: [Substring: Substring] = [:]
    for line in block.split(separator: "\n") {
      let parts = line.split(separator: ": ", maxSplits: 1)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    guard let data = fields["data"] else { return nil }
    self.init(name: String(fields["event"] ?? "message"), data: String(data))
  }
}
