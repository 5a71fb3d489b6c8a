import Foundation
public import HTTPTypes
import Hummingbird
public import Storage

/// Who asks, and for what. The body is not part of it: a route that takes one is handed it, decoded.
public struct Call: Sendable {
  public let principal: Principal
  public let method: HTTPRequest.Method
  public let headers: HTTPFields
  /// Names this request alone; in every response as `x-request-id`.
  public let requestID: String
  /// Names the story this request belongs to; travels on through every event it leads to.
  public let correlationID: String
  /// The path as it was asked for, without the query.
  public let path: String
  /// The client's IP address; nil when the request did not come over the network.
  public let remoteAddress: String?
  let rawQuery: String?
  let parameters: Parameters
  let queryParameters: Parameters

  /// The part of the path that the route's template calls `{name}`, percent-decoded.
  public func parameter(_ name: String) throws -> String {
    guard let text = parameters.get(name) else { throw UnknownParameter(name: name) }
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    guard let decoded = text.removingPercentEncoding else {
      throw Problem.badRequest("The path is not percent-encoded UTF-8.")
    }
    return decoded
  }

  /// The identity of the entity that the path names.
  public func id<Kind>(_ name: String = "id") throws -> EntityID<Kind> {
    EntityID(rawValue: try parameter(name))
  }

  /// The first value of a query parameter, percent-decoded; nil when it is absent.
  public func query(_ name: String) -> String? {
    queryParameters[name[...]].map(String.init)
  }

  /// Where a stream of events is to go on: the id of the last event that the client has seen.
  public var lastEventID: String? { headers[.lastEventID] }

  /// The same, for a stream whose events are numbered; nil when the client says nothing of that.
  public func lastEventNumber() throws -> Int64? {
    guard let id = lastEventID, !id.isEmpty else { return nil }
    guard let number = Int64(id), number >= 0 else {
      throw Problem.badRequest("Last-Event-ID must be the id of an event of this stream.")
    }
    return number
  }

  /// The page asked for with `?limit=` and `?cursor=`.
  ///
  /// A limit above the maximum means the maximum.
  /// - Throws: a 422 problem that points to what cannot be understood.
  public func page() throws -> PageRequest {
    var limit = PageRequest.defaultLimit
    if let text = query("limit") {
      guard let wanted = Int(text), wanted > 0 else {
        throw Problem.invalid("/limit", "must be a whole number above 0")
      }
      limit = wanted
    }
    guard let page = PageRequest(limit: limit, cursor: query("cursor")) else {
      throw Problem.invalid("/cursor", "must be the `next` of an earlier page")
    }
    return page
  }
}

/// The route's template has no such part: a mistake in the service, not in the request.
struct UnknownParameter: Error {
  let name: String
}

extension HTTPField.Name {
  static let lastEventID = HTTPField.Name("last-event-id")!
}
