import Contracts
import GRDB
import Jobs
import Messaging
import Storage

/// What a source handed over, here or at another instance, is delivered with the brand of its source.
struct DeliverEventOnEventReceived: Handler {
  let name = "gateway.deliver-event-on-event-received"

  func handle(_ event: EventReceived, _ work: UnitOfWork) throws -> Disposition {
    if let known = try GatewayEvent.find(event.id, in: work.database) {
      guard known.status == .received else { return try ignore(event, known, work) }
      try work.queue(known.seq)
      try deliver(event, number: known.seq, work)
    } else {
      // It came in at another instance.
      _ = try work.receive(
        SourceEvent(id: event.id, name: event.name, body: event.body, timestamp: event.timestamp),
        of: event.source, brand: event.brand, status: .queued, receivedAt: event.receivedAt,
        trace: work.traceID)
      try deliver(event, number: work.database.lastInsertedRowID, work)
    }
    return .handled
  }

  private func deliver(_ event: EventReceived, number: Int64, _ work: UnitOfWork) throws {
    try work.enqueue(DeliverEvent(event: number, orderedBy: event.isOrdered ? event.source : nil))
  }

  /// Two instances may have taken different events in under one id: the first to come here is delivered.
  private func ignore(_ event: EventReceived, _ known: GatewayEvent, _ work: UnitOfWork) throws -> Disposition
  {
    let other = SourceEvent(id: event.id, name: event.name, body: event.body, timestamp: event.timestamp)
    guard !known.isSame(as: other, from: event.source) else { return .ignored }
    let rejection = try work.reject(
      Array(event.body.utf8), of: event.source, as: .conflict,
      because: "another event has the id \(event.id); it came in at another instance",
      eventID: "\(event.id)")
    try work.note(
      EventStep(
        at: work.now, kind: .conflicted, detail: "from \(event.source), kept as rejection \(rejection)"),
      of: known.seq)
    return .handled
  }
}
