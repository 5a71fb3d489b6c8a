import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A live stream as a client gets it: block by block, each as it is written on the wire.
struct EventReader {
  let response: HTTPClientResponse
  private var chunks: AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator
  private var blocks: ArraySlice<String> = []
  private var begun = ""

  init(port: Int, path: String, headers: [(String, String)]) async throws {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    response = try await HTTPClient.shared.execute(request, timeout: .seconds(50))
    chunks = Self.chunks(of: response.body).makeAsyncIterator()
  }

  /// Goes away with whoever reads them.
  private static func chunks(
    of body: HTTPClientResponse.Body
  ) -> AsyncThrowingStream<ByteBuffer, any Error> {
    AsyncThrowingStream { chunks in
      let reading = Task {
        do {
          for try await chunk in body { chunks.yield(chunk) }
          chunks.finish()
        } catch {
          chunks.finish(throwing: error)
        }
      }
      chunks.onTermination = { _ in reading.cancel() }
    }
  }

  /// The next block without the empty line behind it; nil after the end of the answer.
  mutating func next() async throws -> String? {
    while blocks.isEmpty {
      guard let chunk = try await chunks.next(isolation: #isolation) else { return nil }
      var parts = (begun + String(buffer: chunk)).components(separatedBy: "\n\n")
      begun = parts.removeLast()
      blocks = parts[...]
    }
    return blocks.removeFirst()
  }

  /// The rest of the stream, up to its end.
  mutating func rest() async throws -> [String] {
    var blocks: [String] = []
    while let block = try await next() { blocks.append(block) }
    return blocks
  }
}
