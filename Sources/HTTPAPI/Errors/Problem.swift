public import HTTPTypes
import Hummingbird

/// Why a request was not answered as hoped, as RFC 9457 problem details.
///
/// `type` is `urn:waybill:problem:<name>`: a name that clients may switch on and that never changes its
/// meaning. It is not an address. A service adds names of its own, listed in its `openapi.yaml`, to those
/// that every service may answer with: `bad-request`, `token-missing`, `token-invalid`,
/// `insufficient-scope`, `not-found`, `method-not-allowed`, `body-too-large`, `unsupported-media-type`,
/// `invalid-request`, `idempotency-key-reused`, `unavailable`, `unexpected`.
public struct Problem: Error, Sendable {
  /// One thing that is wrong with what was sent.
  public struct Fault: Hashable, Sendable, Encodable {
    /// A JSON pointer (RFC 6901) into the body, or `/<name>` of a query parameter; empty for the whole.
    public let pointer: String
    public let detail: String

    public init(_ pointer: String, _ detail: String) {
      self.pointer = pointer
      self.detail = detail
    }
  }

  public var status: HTTPResponse.Status
  public var type: String
  /// The same for every problem of this type.
  public var title: String
  /// What was the matter this time, for the reader of the answer; nothing of the inside.
  public var detail: String?
  public var errors: [Fault]
  public var headers: HTTPFields
  /// Names this one occurrence, so that it is found in the log.
  var instance: String?

  /// - Parameter name: stable for ever: `"delivery-already-sent"`.
  public init(
    _ status: HTTPResponse.Status, _ name: String, title: String, detail: String? = nil,
    errors: [Fault] = [], headers: HTTPFields = [:]
  ) {
    self.status = status
    type = "urn:waybill:problem:\(name)"
    self.title = title
    self.detail = detail
    self.errors = errors
    self.headers = headers
  }
}

/// An error of a service's domain that knows how it is told over HTTP.
public protocol ProblemConvertible: Error {
  var problem: Problem { get }
}

extension Problem: Encodable {
  private enum CodingKeys: CodingKey {
    case type, title, status, detail, errors, instance
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type, forKey: .type)
    try container.encode(title, forKey: .title)
    try container.encode(status.code, forKey: .status)
    try container.encodeIfPresent(detail, forKey: .detail)
    if !errors.isEmpty { try container.encode(errors, forKey: .errors) }
    try container.encodeIfPresent(instance, forKey: .instance)
  }

  func response() throws -> Response {
    var reply = Reply(status, json: self, headers: headers)
    reply.headers[.contentType] = "application/problem+json"
    return try reply.response()
  }
}
