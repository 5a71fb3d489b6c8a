import HTTPTypes
import Hummingbird
import Storage
import Tracing

/// What a request is called: by itself, in its story, in its trace.
struct RequestIdentity {
  let requestID: String
  let correlationID: String

  init(_ headers: HTTPFields) {
    requestID = UUIDv7.next()
    if let given = headers[.correlationID], Self.isUsable(given) {
      correlationID = given
    } else {
      correlationID = requestID
    }
  }

  /// The context of everything done on behalf of this request; the caller's trace goes on in it.
  func context(continuing headers: HTTPFields) -> ServiceContext {
    var context = ServiceContext.current ?? .topLevel
    context.correlationID = correlationID
    InstrumentationSystem.instrument.extract(headers, into: &context, using: HeaderExtractor())
    return context
  }

  func sign(_ response: inout Response) {
    response.headers[.requestID] = requestID
    response.headers[.correlationID] = correlationID
  }

  /// Visible ASCII and short: it is going to be a header of many events and a word in many log lines.
  private static func isUsable(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}

private struct HeaderExtractor: Extractor {
  func extract(key: String, from headers: HTTPFields) -> String? {
    HTTPField.Name(key).flatMap { headers[$0] }
  }
}

extension HTTPField.Name {
  static let requestID = HTTPField.Name("x-request-id")!
  static let correlationID = HTTPField.Name("x-correlation-id")!
}
