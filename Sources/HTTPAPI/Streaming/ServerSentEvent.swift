import Foundation
import NIOCore

/// One message of a live stream, in the event stream format of the HTML standard, section 9.2.
public struct ServerSentEvent: Sendable {
  private let id: String?
  private let event: String
  private let data: String

  /// - Parameters:
  ///   - id: where a client that was cut off goes on: it comes back as `Last-Event-ID`. Nil for a message that
  ///     does not move that place.
  ///   - event: its kind: `"task.updated"`.
  ///   - value: what it says, as one line of JSON.
  public init(id: String?, event: StaticString, json value: some Encodable) throws {
    let json = try JSON.encoder.encode(value)
    // A line break would end the field. JSON on one line has none.
    self.id = id.map { $0.filter { !$0.isNewline && $0 != "\0" } }
    self.event = "\(event)"
    data = String(decoding: json, as: UTF8.self)
  }

  func write(to buffer: inout ByteBuffer) {
    if let id { buffer.writeString("id: \(id)\n") }
    buffer.writeString("event: \(event)\ndata: \(data)\n\n")
  }
}

/// What a stream has to say after one place, and where the next place is.
public struct EventPage<Position: Sendable>: Sendable {
  public let events: [ServerSentEvent]
  public let position: Position
  /// Nothing will come after it.
  public let isLast: Bool

  public init(_ events: [ServerSentEvent], position: Position, isLast: Bool = false) {
    self.events = events
    self.position = position
    self.isLast = isLast
  }
}
