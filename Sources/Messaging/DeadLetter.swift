import Foundation
import GRDB
import Kafka
public import Storage

/// A message, outgoing event or job that could not be handled, sent or done.
public struct DeadLetter: Encodable, Sendable {
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// It came in and could not be handled.
    case message
    /// It was to go out and the broker will never take it. What follows under its key waits.
    case outgoing
    /// It was to be done and failed for good.
    case job
  }

  public enum State: String, Codable, CaseIterable, Sendable {
    case dead, redriven, discarded
  }

  public let id: String
  public let kind: Kind
  public let eventID: String?
  public let type: String?
  public let topic: String
  public let partition: Int32?
  public let offset: Int64?
  public let key: String?
  public let reason: String
  /// The same for all that failed in the same way. Nil for a moment, on a letter of an earlier version.
  public let fingerprint: String?
  public let attempts: Int
  public let correlationID: String?
  public let createdAt: Timestamp
  public let state: State
  public let settledAt: Timestamp?
  public let settledBy: String?
  /// The ``Redrive`` that tried it again.
  public let redriveID: String?

  static let columns = """
    id, kind, event_id, type, topic, partition, "offset", key, reason, attempts, correlation_id, created_at,
    state, settled_at, settled_by, fingerprint, redrive_id
    """
}

extension DeadLetter {
  /// One that has just died.
  init(
    _ kind: Kind, eventID: String?, type: String?, topic: String, partition: Int32? = nil,
    offset: Int64? = nil, key: String?, reason: String, attempts: Int, correlationID: String?,
    at now: Timestamp
  ) {
    id = UUIDv7.next(at: now)
    self.kind = kind
    self.eventID = eventID
    self.type = type
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.reason = reason
    fingerprint = DeadLetterFingerprint(kind: kind, type: type, topic: topic, reason: reason).text
    self.attempts = attempts
    self.correlationID = correlationID
    createdAt = now
    state = .dead
    settledAt = nil
    settledBy = nil
    redriveID = nil
  }

  init(row: Row) {
    id = row[0]
    kind = Kind(rawValue: row[1]) ?? .message
    eventID = row[2]
    type = row[3]
    topic = row[4]
    partition = row[5]
    offset = row[6]
    key = row.bytes(at: 7).map { String(decoding: $0, as: UTF8.self) }
    reason = row[8]
    attempts = row[9]
    correlationID = row[10]
    createdAt = row[11]
    state = State(rawValue: row[12]) ?? .dead
    settledAt = row[13]
    settledBy = row[14]
    fingerprint = row[15]
    redriveID = row[16]
  }

  /// With everything that came: for whoever has to find out why.
  public struct Whole: Encodable, Sendable {
    public let deadLetter: DeadLetter
    public let headers: [Header]
    /// Nil for a tombstone and for a value that is not UTF-8.
    public let value: String?
    public let valueBase64: String?

    public struct Header: Encodable, Sendable {
      public let name: String
      public let value: String?
    }

    init(row: Row) throws {
      deadLetter = DeadLetter(row: row)
      headers = try HeaderColumn.decode(row[17]).map {
        Header(name: $0.name, value: $0.value.map { String(decoding: $0, as: UTF8.self) })
      }
      let raw = row.bytes(at: 18)
      value = raw.flatMap { String(validating: $0, as: UTF8.self) }
      valueBase64 = value == nil ? raw.map { Data($0).base64EncodedString() } : nil
    }
  }
}
