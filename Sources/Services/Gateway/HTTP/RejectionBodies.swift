import Foundation
import Messaging

/// What a source sent and was no event, in a list.
struct RejectionAnswer: Encodable, Sendable {
  let id: String
  let source: String
  let eventId: String?
  let kind: String
  let reason: String
  let size: Int
  let rejectedAt: Timestamp

  init(_ rejected: RejectedInput) {
    id = rejected.id
    source = rejected.source
    eventId = rejected.eventID
    kind = rejected.kind
    reason = rejected.reason
    size = rejected.size
    rejectedAt = rejected.at
  }
}

/// The same with what was sent: as text where it is UTF-8, as base64 where not.
struct WholeRejection: Encodable, Sendable {
  private let rejected: RejectedInput

  private enum CodingKeys: CodingKey {
    case raw, rawBase64, isTruncated
  }

  init(_ rejected: RejectedInput) {
    self.rejected = rejected
  }

  func encode(to encoder: any Encoder) throws {
    try RejectionAnswer(rejected).encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rejected.raw.count < rejected.size, forKey: .isTruncated)
    if let text = String(validating: rejected.raw, as: UTF8.self) {
      try container.encode(text, forKey: .raw)
    } else {
      try container.encode(Data(rejected.raw).base64EncodedString(), forKey: .rawBase64)
    }
  }
}
