import HTTPTypes
import Hummingbird
import NIOCore

/// Reading what a request brought along, once and never more than the limit of it.
enum IncomingBody {
  /// Reading ended before the body did: the client went away, or sent what is not HTTP. There is nobody to
  /// answer.
  struct Broken: Error {
    let reason: any Error
  }

  static func read(_ request: Request, limit: Int) async throws -> ByteBuffer {
    if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > limit {
      throw Problem.bodyTooLarge(limit: limit)
    }
    do {
      return try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw Problem.bodyTooLarge(limit: limit)
    } catch {
      throw Broken(reason: error)
    }
  }

  static func readJSON(_ request: Request, limit: Int) async throws -> ByteBuffer {
    guard isJSON(request.headers[.contentType]) else { throw Problem.notJSON }
    return try await read(request, limit: limit)
  }

  /// `application/json` or any `…+json`, whatever its parameters.
  private static func isJSON(_ contentType: String?) -> Bool {
    guard let contentType else { return false }
    if contentType == JSON.contentType { return true }
    let media = contentType.prefix { $0 != ";" }.trimmingSuffix { $0 == " " }.lowercased()
    return media == JSON.contentType || (media.hasSuffix("+json") && media.contains("/"))
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while isPadding: (Character) -> Bool) -> Substring {
    guard let last = lastIndex(where: { !isPadding($0) }) else { return "" }
    return self[...last]
  }
}
