import Contracts
import Messaging

/// Where an event is on its way to the target.
enum EventStatus: String, Codable, Sendable, CaseIterable {
  /// Durable here; on its way through the broker.
  case received = "RECEIVED"
  /// Waits for its delivery, or for its next attempt.
  case queued = "QUEUED"
  case delivered = "DELIVERED"
  /// Given up: a dead letter, which can be redriven.
  case failed = "FAILED"
}

/// What the gateway knows of an event.
struct GatewayEvent: Hashable, Sendable {
  let seq: Int64
  let id: SourceEventID
  let source: String
  let name: String
  let body: String
  let timestamp: String
  let brand: String
  let status: EventStatus
  /// Of the last delivery that was tried; 0 before the first.
  let attempt: Int
  /// Why the last attempt failed.
  let reason: String?
  let answer: String?
  /// The instance that delivers it; nil for this one.
  let runner: String?
  let trace: String?
  let receivedAt: Timestamp
  let queuedAt: Timestamp?
  let firstAttemptAt: Timestamp?
  let nextAttemptAt: Timestamp?
  /// When it changed last: for one that is over, when that was.
  let updatedAt: Timestamp
  /// Its place in the stream of changes.
  let change: Int64
}
