import Foundation
import GRDB
import Kafka
public import Storage

/// A message, outgoing event or job that could not be handled, sent or done.
public struct DeadLetter: Encodable, Sendable {
  public enum Kind: String, Encodable, Sendable {
    /// It came in and could not be handled.
    case message
    /// It was to go out and the broker will never take it. What follows under its key waits.
    case outgoing
    /// It was to be done and failed for good.
    case job
  }

  public enum State: String, Encodable, Sendable {
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
  public let attempts: Int
  public let correlationID: String?
  public let createdAt: Timestamp
  public let state: State
  public let settledAt: Timestamp?
  public let settledBy: String?

  static let columns = """
    id, kind, event_id, type, topic, partition, "offset", key, reason, attempts, correlation_id, created_at,
    state, settled_at, settled_by
    """
}

extension DeadLetter {
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
      headers = try HeaderColumn.decode(row[15]).map {
        Header(name: $0.name, value: $0.value.map { String(decoding: $0, as: UTF8.self) })
      }
      let raw = row.bytes(at: 16)
      value = raw.flatMap { String(validating: $0, as: UTF8.self) }
      valueBase64 = value == nil ? raw.map { Data($0).base64EncodedString() } : nil
    }
  }
}
