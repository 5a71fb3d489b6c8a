import Foundation
import GRDB
import Logging
import Metrics
import Storage
import Tracing

/// Where messages enter a service's store: each takes effect once, in its turn, or is put where it can be seen.
struct Inbox: Sendable {
  let service: String
  let handlers: [String: HandlerEntry]
  let policy: RetryPolicy
  let logger: Logger

  init(service: String, handlers: [HandlerEntry], policy: RetryPolicy, logger: Logger) {
    self.service = service
    self.handlers = Dictionary(handlers.map { ($0.eventName, $0) }) { first, _ in first }
    self.policy = policy
    self.logger = logger
  }

  /// Takes in one message that was just read from its partition.
  func receive(_ message: IncomingMessage, anyParked: Bool, _ work: UnitOfWork) throws {
    let envelope = Envelope(headers: message.headers)
    guard try remember(envelope?.identity ?? message.fallbackID, work) else {
      count("duplicate", envelope?.type)
      return
    }
    if anyParked, try Parked.hasLine(of: message, work) {
      try Parked.park(message, envelope, reason: "waits behind an earlier message of its key", due: nil, work)
      count("queued", envelope?.type)
      return
    }
    let verdict = try judge(message, envelope, work)
    count(verdict.name, envelope?.type)
    switch verdict {
    case .done: break
    case .early(let delay):
      try Parked.park(
        message, envelope, reason: "is early: another fact has to arrive first", due: work.now + delay, work)
    case .failed(let reason):
      try Parked.park(
        message, envelope, reason: reason, due: work.now + policy.delay(afterAttempt: 1), attempts: 1, work)
    case .dead(let reason):
      try DeadLetters.bury(message, envelope, reason: reason, attempts: 1, work)
      report(message, envelope, reason)
    }
  }

  enum Verdict {
    case done
    case early(Duration)
    case failed(String)
    case dead(String)

    var name: String {
      switch self {
      case .done: "handled"
      case .early: "postponed"
      case .failed: "failed"
      case .dead: "dead"
      }
    }
  }

  /// Lets the handler decide; what it wrote is kept only when it says so.
  func judge(_ message: IncomingMessage, _ envelope: Envelope?, _ work: UnitOfWork) throws -> Verdict {
    guard let envelope else {
      return .dead("it is not a CloudEvent: ce_specversion, ce_id, ce_source or ce_type is missing")
    }
    guard let handler = handlers[envelope.type] else {
      return .dead(
        "no handler for \(envelope.type): it is newer than this version of \(service), or not for this topic")
    }
    guard handler.topic.name == message.topic else {
      return .dead("\(envelope.type) belongs on \(handler.topic.name), not on \(message.topic)")
    }
    guard let value = message.value else {
      return .dead("it has no value (a tombstone), and \(envelope.type) needs one")
    }
    var verdict = Verdict.done
    do {
      try withSpan("process \(message.topic)", context: envelope.context, ofKind: .consumer) { span in
        span.attributes["messaging.system"] = "kafka"
        span.attributes["messaging.operation.type"] = "process"
        span.attributes["messaging.destination.name"] = message.topic
        span.attributes["messaging.message.id"] = envelope.id
        span.attributes["messaging.consumer.group.name"] = service
        span.attributes["waybill.handler"] = handler.name
        let own = work.on(behalfOf: span.context)
        try own.undoable {
          switch try handler.decide(Data(value), own) {
          case .handled: return true
          case .ignored: return false
          case .postponed(let delay): verdict = .early(delay)
          case .refused(let reason): verdict = .dead(reason)
          }
          return false
        }
      }
    } catch {
      // SQLite has given the whole transaction up: not this message's fault, the batch is tried again.
      guard work.database.isInsideTransaction else { throw error }
      logger.warning(
        "The handler threw; the message is tried again",
        metadata: [
          "event.id": "\(envelope.id)", "event.type": "\(envelope.type)",
          "correlation.id": "\(envelope.correlationID ?? "")", "handler": "\(handler.name)",
          "error": "\(error)",
        ])
      return .failed("\(handler.name) threw: \(error)")
    }
    return verdict
  }

  private func remember(_ id: String, _ work: UnitOfWork) throws -> Bool {
    try work.database.cachedStatement(
      sql: "INSERT INTO inbox (event_id, handled_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
    ).execute(arguments: [id, work.now])
    return work.database.changesCount > 0
  }

  func count(_ outcome: String, _ type: String?) {
    // A type we do not know is data from outside: it must not make metrics grow without bound.
    let known = type.flatMap { handlers[$0] == nil ? nil : $0 } ?? "unknown"
    Counter(
      label: "messaging.messages",
      dimensions: [("service", service), ("type", known), ("outcome", outcome)]
    ).increment()
  }

  func report(_ message: IncomingMessage, _ envelope: Envelope?, _ reason: String) {
    logger.error(
      "A message went to the dead letters",
      metadata: [
        "event.id": "\(envelope?.id ?? message.fallbackID)", "event.type": "\(envelope?.type ?? "unknown")",
        "correlation.id": "\(envelope?.correlationID ?? "")", "topic": "\(message.topic)",
        "partition": "\(message.partition)", "offset": "\(message.offset)", "reason": "\(reason)",
      ])
  }
}
