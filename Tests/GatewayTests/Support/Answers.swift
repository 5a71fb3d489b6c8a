import Foundation
import Storage

struct ReadReceipt: Decodable, Hashable {
  let id: String
  let status: String
}

struct ReadBatch: Decodable {
  struct Item: Decodable, Hashable {
    let id: String?
    let status: String
    let reason: String?
    let rejection: String?
  }

  let items: [Item]
  let accepted: Int
  let rejected: Int
}

struct ReadSummary: Decodable, Hashable, Sendable {
  let id: String
  let source: String
  let name: String
  let brand: String
  let status: String
  let attempt: Int
  let reason: String?
  let receivedAt: Timestamp
}

struct ReadStory: Decodable {
  struct Step: Decodable, Hashable {
    let at: Timestamp
    let step: String
    let attempt: Int?
    let httpStatus: Int?
    let detail: String?
    let responseExcerpt: String?
    let instance: String
  }

  struct Waiting: Decodable, Hashable {
    let reason: String
    let until: Timestamp?
  }

  let id: String
  let source: String
  let name: String
  let body: String
  let timestamp: String
  let brand: String
  let status: String
  let attempt: Int
  let reason: String?
  let receivedAt: Timestamp
  let updatedAt: Timestamp
  let nextAttemptAt: Timestamp?
  let waiting: Waiting?
  let steps: [Step]
}

struct ReadRejection: Decodable, Hashable, Sendable {
  let id: String
  let source: String
  let eventId: String?
  let kind: String
  let reason: String
  let size: Int
  let rejectedAt: Timestamp
  let isTruncated: Bool?
  let raw: String?
  let rawBase64: String?

  /// What was sent, in whichever way it is shown.
  var bytes: [UInt8]? {
    if let raw { return Array(raw.utf8) }
    return rawBase64.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
  }
}

struct ReadSource: Decodable, Hashable, Sendable {
  struct Credential: Decodable, Hashable, Sendable {
    let id: String
    let kind: String
    let createdAt: Timestamp
    let expiresAt: Timestamp?
  }

  let id: String
  let brand: String
  let isDisabled: Bool
  let createdAt: Timestamp
  let credentials: [Credential]
}

struct ReadIssued: Decodable {
  let source: ReadSource
  let secret: String
}
