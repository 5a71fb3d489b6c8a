import Messaging

/// Something that happened to an event on its way.
struct EventStep: Hashable, Sendable {
  enum Kind: String, Codable, Sendable {
    /// Durable here.
    case received = "RECEIVED"
    /// Back from the broker, with the brand of its source, and waiting for its delivery.
    case queued = "QUEUED"
    /// The target has it.
    case delivered = "DELIVERED"
    /// The target refused it, or did not answer as it should.
    case attemptFailed = "ATTEMPT_FAILED"
    /// The target may have it or not: it is sent again under the same id.
    case unknown = "UNKNOWN"
    /// The target asked for a slower pace; no attempt was used up.
    case throttled = "THROTTLED"
    /// The request failed as a whole, and was split to find the event that is to blame.
    case split = "SPLIT"
    /// Given up: a dead letter.
    case failed = "FAILED"
    /// An operator had it tried again.
    case redriven = "REDRIVEN"
    /// Another event came under its id, and was refused.
    case conflicted = "CONFLICTED"
  }

  let at: Timestamp
  let kind: Kind
  var attempt: Int?
  /// Of the target's HTTP answer.
  var status: Int?
  var detail: String?
  /// Of the target's answer, as it was.
  var excerpt: String?
  /// The instance where it happened; nil for this one.
  var runner: String?
}
