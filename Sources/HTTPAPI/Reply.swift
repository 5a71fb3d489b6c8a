import Foundation
public import HTTPTypes
public import Hummingbird
import Synchronization

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
    case stream(EventStream)
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

  /// 200 with a live stream of server-sent events, the earliest first.
  ///
  /// The stream asks for the next page as soon as the client has taken the last one, until it gets an empty one;
  /// then it waits for a wake. It ends with a page that says so, when the client goes, when the token that opened
  /// it expires, and when the service stops; the client comes back with `Last-Event-ID`.
  /// - Parameters:
  ///   - position: where to begin.
  ///   - wakes: called once, before the first page is asked for; wakes when there may be more.
  ///   - heartbeat: how long it may be silent before it gives a sign of life: proxies and clients give up on a
  ///     connection that is silent for long.
  ///   - patience: how long the client may leave a page unread before it is cut off.
  ///   - next: the page after a position; a bounded one, because it is what a slow client costs.
  public static func events<Position: Sendable>(
    after position: Position, wakes: @escaping @Sendable () -> AsyncStream<Void>,
    heartbeat: Duration = .seconds(15), patience: Duration = .seconds(30),
    next: @escaping @Sendable (Position) async throws -> EventPage<Position>
  ) -> Reply {
    let pages: EventStream.Pages = {
      let place = Place(position)
      return {
        let page = try await next(place.position)
        place.move(to: page.position)
        return EventStream.Page(events: page.events, isLast: page.isLast)
      }
    }
    var reply = Reply(.ok)
    // Hummingbird watches the connection for the client's going, after which nothing else can be read from it.
    reply.headers = [
      .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
      .connection: "close",
    ]
    reply.body = .stream(
      EventStream(wakes: wakes, pages: pages, heartbeat: heartbeat, patience: patience))
    return reply
  }

  func bytes() throws -> ByteBuffer {
    switch body {
    case .none: ByteBuffer()
    case .bytes(let bytes): bytes
    case .json(let value): ByteBuffer(bytes: try JSON.encoder.encode(value))
    case .stream: throw NotStored()
    }
  }

  /// A live stream cannot be remembered for an `Idempotency-Key`.
  private struct NotStored: Error {}

  /// The same; a live stream ends so much later.
  func ending(after lifetime: Duration?) -> Reply {
    guard case .stream(var source) = body else { return self }
    source.lifetime = lifetime
    var reply = self
    reply.body = .stream(source)
    return reply
  }

  /// - Parameter stream: makes the body of a live stream.
  func response(stream: (EventStream) -> ResponseBody = { _ in ResponseBody() }) throws -> Response {
    switch body {
    case .none: return Response(status: status, headers: headers)
    case .stream(let source): return Response(status: status, headers: headers, body: stream(source))
    case .bytes, .json: break
    }
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try bytes()))
  }
}

/// How far one stream has come.
private final class Place<Position: Sendable>: Sendable {
  private let current: Mutex<Position>

  init(_ position: Position) { current = Mutex(position) }

  var position: Position { current.withLock { $0 } }
  func move(to position: Position) { current.withLock { $0 = position } }
}

extension HTTPField.Name {
  fileprivate static let accelBuffering = HTTPField.Name("x-accel-buffering")!
}
