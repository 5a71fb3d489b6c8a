import Foundation
import GRDB
import Kafka
import Storage

/// A message as it came, before anything is believed about it.
struct IncomingMessage: Sendable {
  let topic: String
  let partition: Int32
  let offset: Int64
  /// Nil when the message has no key; then no order is promised.
  let key: [UInt8]?
  let headers: [RecordHeader]
  /// Nil for a tombstone.
  let value: [UInt8]?

  init(_ record: ConsumerRecord) {
    topic = record.topic
    partition = record.partition
    offset = record.offset
    key = record.key
    headers = record.headers
    value = record.value
  }

  init(
    topic: String, partition: Int32, offset: Int64, key: [UInt8]?, headers: [RecordHeader],
    value: [UInt8]?
  ) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.headers = headers
    self.value = value
  }

  var place: TopicPartition { TopicPartition(topic: topic, partition: partition) }

  /// What tells it from others when it carries no event id: its place in the log.
  var fallbackID: String { "\(topic)/\(partition)/\(offset)" }
}

/// Headers in a column: a JSON array of pairs, in order; a value that is not UTF-8 is kept as base64.
enum HeaderColumn {
  private struct Pair: Codable {
    var name: String
    var value: String?
    var base64: String?
  }

  static func encode(_ headers: [RecordHeader]) throws -> String {
    let pairs = headers.map { header in
      guard let value = header.value else { return Pair(name: header.name) }
      if let text = String(validating: value, as: UTF8.self) {
        return Pair(name: header.name, value: text)
      }
      return Pair(name: header.name, base64: Data(value).base64EncodedString())
    }
    return String(decoding: try EventCoding.encoder.encode(pairs), as: UTF8.self)
  }

  static func decode(_ column: String) throws -> [RecordHeader] {
    try EventCoding.decoder.decode([Pair].self, from: Data(column.utf8)).map { pair in
      let bytes =
        pair.value.map { Array($0.utf8) } ?? pair.base64.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
      return RecordHeader(pair.name, bytes)
    }
  }
}
