import Contracts
import Messaging
import Storage

// What another instance does with an event that came in here belongs to its story here.

struct MarkEventOnEventDelivered: Handler {
  let name = "gateway.mark-event-on-event-delivered"

  func handle(_ event: EventDelivered, _ work: UnitOfWork) throws -> Disposition {
    guard let known = try work.elsewhere(event.id, by: event.runner), known.status != .delivered else {
      return .ignored
    }
    try work.delivered(
      known.seq, attempt: event.attempt, answer: event.answer, at: event.deliveredAt, runner: event.runner)
    return .handled
  }
}

struct MarkEventOnEventDeliveryRetried: Handler {
  let name = "gateway.mark-event-on-event-delivery-retried"

  func handle(_ event: EventDeliveryRetried, _ work: UnitOfWork) throws -> Disposition {
    guard let known = try work.elsewhere(event.id, by: event.runner), known.status != .delivered else {
      return .ignored
    }
    // Told on another topic, it may come after an end that came later.
    if known.status != .failed || event.failedAt > known.updatedAt {
      try work.willRetry(
        known.seq, attempt: event.attempt, reason: event.reason, next: event.nextAttemptAt,
        runner: event.runner)
    }
    try work.note(
      EventStep(
        at: event.failedAt, kind: .attemptFailed, attempt: event.attempt, detail: event.reason,
        runner: event.runner), of: known.seq)
    return .handled
  }
}

struct MarkEventOnEventDeliveryFailed: Handler {
  let name = "gateway.mark-event-on-event-delivery-failed"

  func handle(_ event: EventDeliveryFailed, _ work: UnitOfWork) throws -> Disposition {
    guard let known = try work.elsewhere(event.id, by: event.runner), known.status != .delivered else {
      return .ignored
    }
    try work.failed(
      known.seq, attempt: event.attempt, reason: event.reason, at: event.failedAt, runner: event.runner)
    try work.note(
      EventStep(
        at: event.failedAt, kind: .failed, attempt: event.attempt, detail: event.reason, runner: event.runner),
      of: known.seq)
    return .handled
  }
}

extension UnitOfWork {
  /// An event that is known here and delivered by another instance; nil for any other.
  fileprivate func elsewhere(_ id: SourceEventID, by runner: String) throws -> GatewayEvent? {
    guard runner != instance else { return nil }
    return try GatewayEvent.find(id, in: database)
  }
}
