/// A message to be sent. A nil key or value is Kafka's null (a nil value is a tombstone) and
/// differs from an empty one.
public struct ProducerRecord: Sendable {
  public var topic: String
  /// Nil lets the partitioner choose by the key. Within a topic, do not mix the two.
  public var partition: Int32?
  public var key: [UInt8]?
  public var value: [UInt8]?
  public var headers: [RecordHeader]
  /// Milliseconds since 1970; nil is the moment of sending.
  public var timestamp: Int64?

  public init(
    topic: String, partition: Int32? = nil, key: [UInt8]? = nil, value: [UInt8]?,
    headers: [RecordHeader] = [], timestamp: Int64? = nil
  ) {
    self.topic = topic
    self.partition = partition
    self.key = key
    self.value = value
    self.headers = headers
    self.timestamp = timestamp
  }
}

/// A named value beside the message; a name may occur more than once.
public struct RecordHeader: Hashable, Sendable {
  public var name: String
  public var value: [UInt8]?

  public init(_ name: String, _ value: [UInt8]?) {
    self.name = name
    self.value = value
  }

  public init(_ name: String, _ text: String) {
    self.init(name, Array(text.utf8))
  }
}

/// Where an acknowledged message is.
public struct RecordMetadata: Hashable, Sendable {
  public var partition: Int32
  public var offset: Int64

  public init(partition: Int32, offset: Int64) {
    self.partition = partition
    self.offset = offset
  }
}
