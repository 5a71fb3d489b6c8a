import HTTPTypes
import Hummingbird
import NIOCore

/// How a GraphQL response is sent (GraphQL over HTTP): as plain JSON, where even a refused document is a 200,
/// or as its own media type, where that is a 400.
enum GraphQLFormat: String {
  case json = "application/json"
  case own = "application/graphql-response+json"

  /// What the client accepts, its own media type first; nil when it accepts neither.
  init?(_ request: Request) {
    guard let accept = request.headers[.accept] else {
      self = .json
      return
    }
    let media = Set(accept.split(separator: ",").map(\.mediaType))
    if media.contains(Self.own.rawValue) {
      self = .own
    } else if !media.isDisjoint(with: [Self.json.rawValue, "application/*", "*/*"]) {
      self = .json
    } else {
      return nil
    }
  }

  /// Answers a request of which nothing was executed.
  func refuse(_ errors: [GraphQLError]) -> Response {
    Answer.json(
      ["errors": .list(errors.map(\.json))], self == .json ? .ok : .badRequest, type: rawValue)
  }

  /// - Parameter isBig: whether it carries five megabytes that nobody asked for.
  func answer(_ result: Execution.Result, isBig: Bool) -> Response {
    var members: [JSONValue.Member] = []
    if !result.errors.isEmpty {
      members.append(.init(name: "errors", value: .list(result.errors.map(\.json))))
    }
    members.append(.init(name: "data", value: result.data))
    var bytes = JSONValue.object(members).bytes
    if isBig {
      bytes.removeLast()
      bytes += Self.padding
    }
    return Answer.bytes(ByteBuffer(bytes: bytes), .ok, type: rawValue)
  }

  /// The last member of an object.
  private static let padding =
    Array(",\"extensions\":{\"padding\":\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 5 << 20)
    + Array("\"}}".utf8)
}

extension Substring {
  /// Without parameters and white space, in lower case.
  fileprivate var mediaType: String { prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }
}

extension Request {
  var hasJSON: Bool { headers[.contentType].map { $0[...].mediaType == "application/json" } ?? false }

  /// What stands behind "Bearer", in any case.
  var bearerToken: String? {
    guard let parts = headers[.authorization]?.split(separator: " ", maxSplits: 1), parts.count == 2,
      parts[0].lowercased() == "bearer"
    else { return nil }
    return String(parts[1])
  }
}

extension HTTPField.Name {
  static let idempotencyKey = Self("Idempotency-Key")!
  static let rateLimit = Self("RateLimit")!
  static let rateLimitPolicy = Self("RateLimit-Policy")!
}
