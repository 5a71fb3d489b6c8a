import Contracts
import GRDB
import Messaging
import Storage

/// What became of an event that a source handed over.
enum Taken: Sendable {
  case new
  /// It has been here before.
  case known(EventStatus)
  /// Another event has its id; kept under this id as rejected.
  case conflict(rejection: String)
}

/// An event as a source handed it over, with what the broker will be told of it.
struct Arrival: Sendable {
  let event: SourceEvent
  let source: Source
  let receivedAt: Timestamp
  let message: PreparedEvent

  init(_ event: SourceEvent, from source: Source, at now: Timestamp, isOrdered: Bool) throws {
    self.event = event
    self.source = source
    receivedAt = now
    message = try PreparedEvent(
      EventReceived(
        id: event.id, source: source.id, name: event.name, body: event.body, timestamp: event.timestamp,
        brand: source.brand, receivedAt: now, isOrdered: isOrdered))
  }
}

extension UnitOfWork {
  /// Takes an event in: durable with the commit, and on its way to the broker after it.
  func take(_ arrival: Arrival, raw: some Collection<UInt8>) throws -> Taken {
    let source = arrival.source
    let isNew = try receive(
      arrival.event, of: source.id, brand: source.brand, status: .received, receivedAt: arrival.receivedAt,
      trace: arrival.message.traceID)
    guard isNew else { return try recognise(arrival.event, from: source, raw: raw) }
    try publish(arrival.message)
    return .new
  }

  private func recognise(
    _ event: SourceEvent, from source: Source, raw: some Collection<UInt8>
  ) throws -> Taken {
    guard let known = try GatewayEvent.find(event.id, in: database) else { throw Vanished(id: event.id) }
    guard !known.isSame(as: event, from: source.id) else { return .known(known.status) }
    let rejection = try reject(
      raw, of: source.id, as: .conflict, because: "another event has the id \(event.id)",
      eventID: "\(event.id)")
    try note(
      EventStep(at: now, kind: .conflicted, detail: "from \(source.id), kept as rejection \(rejection)"),
      of: known.seq)
    return .conflict(rejection: rejection)
  }

  private struct Vanished: Error {
    let id: SourceEventID
  }
}

extension GatewayEvent {
  /// Whether `event` says what this one says.
  func isSame(as event: SourceEvent, from source: String) -> Bool {
    // Byte by byte: to Swift, é and e with an accent are equal.
    self.source == source && name.utf8.elementsEqual(event.name.utf8)
      && body.utf8.elementsEqual(event.body.utf8) && timestamp.utf8.elementsEqual(event.timestamp.utf8)
  }
}
