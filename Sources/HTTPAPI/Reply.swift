import Foundation
public import HTTPTypes
public import Hummingbird

/// The answer to a call.
///
/// A JSON answer is encoded after the decision, outside the transaction, so that the store's one writing
/// thread does not spend its time on it.
public struct Reply: Sendable {
  public var status: HTTPResponse.Status
  public var headers: HTTPFields
  private var body: Body

  private enum Body {
    case none
    case bytes(ByteBuffer)
    case json(any Encodable & Sendable)
  }

  public init(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) {
    self.status = status
    self.headers = headers
    body = .none
  }

  public init(_ status: HTTPResponse.Status, json value: some Encodable & Sendable, headers: HTTPFields = [:])
  {
    self.status = status
    self.headers = headers
    self.headers[.contentType] = JSON.contentType
    body = .json(value)
  }

  public init(
    _ status: HTTPResponse.Status, bytes: ByteBuffer, contentType: String, headers: HTTPFields = [:]
  ) {
    self.status = status
    self.headers = headers
    self.headers[.contentType] = contentType
    body = .bytes(bytes)
  }

  init(_ status: HTTPResponse.Status, headers: HTTPFields, encoded: ByteBuffer) {
    self.status = status
    self.headers = headers
    body = .bytes(encoded)
  }

  /// 200 with the value as JSON.
  public static func ok(_ value: some Encodable & Sendable) -> Reply { Reply(.ok, json: value) }

  /// 201 with the value as JSON and where it lives from now on.
  public static func created(_ value: some Encodable & Sendable, location: String) -> Reply {
    Reply(.created, json: value, headers: [.location: location])
  }

  /// 202: it will be done; `location` is where to look for the outcome.
  public static func accepted(_ value: some Encodable & Sendable, location: String? = nil) -> Reply {
    var reply = Reply(.accepted, json: value)
    reply.headers[.location] = location
    return reply
  }

  /// 202 without a body.
  public static var accepted: Reply { Reply(.accepted) }

  /// 204.
  public static var noContent: Reply { Reply(.noContent) }

  func bytes() throws -> ByteBuffer {
    switch body {
    case .none: ByteBuffer()
    case .bytes(let bytes): bytes
    case .json(let value): ByteBuffer(bytes: try JSON.encoder.encode(value))
    }
  }

  func response() throws -> Response {
    if case .none = body { return Response(status: status, headers: headers) }
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try bytes()))
  }
}
