import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import NIOCore

/// What a source is told of an event that it handed over.
struct Receipt: Encodable, Sendable {
  let id: SourceEventID
  let status: EventStatus

  /// 202 with it. An id that JSON writes as it is goes without an encoder: every event of every source is
  /// answered so.
  var reply: Reply {
    let id = "\(id)"
    let isPlain = id.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
    guard isPlain else { return .accepted(self) }
    return Reply(
      .accepted, bytes: ByteBuffer(string: #"{"id":"\#(id)","status":"\#(status.rawValue)"}"#),
      contentType: "application/json")
  }
}

/// What a source is told of one of many.
struct BatchReceipt: Encodable, Sendable {
  enum Verdict: Encodable, Sendable {
    case taken(Receipt)
    case refused(id: String?, reason: String, rejection: String)
  }

  private enum CodingKeys: CodingKey {
    case id, status, reason, rejection
  }

  let verdict: Verdict

  var isTaken: Bool {
    if case .taken = verdict { true } else { false }
  }

  var refusal: (reason: String, rejection: String)? {
    if case .refused(_, let reason, let rejection) = verdict { (reason, rejection) } else { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch verdict {
    case .taken(let receipt):
      try container.encode(receipt.id, forKey: .id)
      try container.encode(receipt.status, forKey: .status)
    case .refused(let id, let reason, let rejection):
      try container.encode(id, forKey: .id)
      try container.encode("REJECTED", forKey: .status)
      try container.encode(reason, forKey: .reason)
      try container.encode(rejection, forKey: .rejection)
    }
  }
}

struct BatchAnswer: Encodable, Sendable {
  let items: [BatchReceipt]
  let accepted: Int
  let rejected: Int
}

/// An event in a list, and in the stream of changes.
struct EventSummary: Encodable, Sendable {
  let id: SourceEventID
  let source: String
  let name: String
  let brand: String
  let status: EventStatus
  let attempt: Int
  let reason: String?
  let receivedAt: Timestamp
  let updatedAt: Timestamp
  let nextAttemptAt: Timestamp?

  init(_ event: GatewayEvent) {
    id = event.id
    source = event.source
    name = event.name
    brand = event.brand
    status = event.status
    attempt = event.attempt
    reason = event.reason
    receivedAt = event.receivedAt
    updatedAt = event.updatedAt
    nextAttemptAt = event.nextAttemptAt
  }
}

/// The whole story of one event.
struct EventStory: Encodable, Sendable {
  struct Step: Encodable, Sendable {
    let at: Timestamp
    let step: EventStep.Kind
    let attempt: Int?
    let httpStatus: Int?
    let detail: String?
    let responseExcerpt: String?
    let instance: String

    init(_ step: EventStep, instance: String) {
      at = step.at
      self.step = step.kind
      attempt = step.attempt
      httpStatus = step.status
      detail = step.detail
      responseExcerpt = step.excerpt
      self.instance = step.runner ?? instance
    }
  }

  /// Why it is not done.
  struct Waiting: Encodable, Sendable {
    let reason: String
    /// Not before this time; nil when it is not known.
    let until: Timestamp?
  }

  let id: SourceEventID
  let source: String
  let name: String
  let body: String
  let timestamp: String
  let brand: String
  let status: EventStatus
  let attempt: Int
  let reason: String?
  let traceId: String?
  let receivedAt: Timestamp
  let updatedAt: Timestamp
  let nextAttemptAt: Timestamp?
  let waiting: Waiting?
  let steps: [Step]

  /// - Parameter steps: those that are kept as such.
  init(_ event: GatewayEvent, _ steps: [EventStep], waiting: Waiting?, instance: String) {
    id = event.id
    source = event.source
    name = event.name
    body = event.body
    timestamp = event.timestamp
    brand = event.brand
    status = event.status
    attempt = event.attempt
    reason = event.reason
    traceId = event.trace
    receivedAt = event.receivedAt
    updatedAt = event.updatedAt
    nextAttemptAt = event.nextAttemptAt
    self.waiting = waiting
    self.steps = event.story(steps).map { Step($0, instance: instance) }
  }
}
