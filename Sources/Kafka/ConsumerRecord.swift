internal import CRdKafka

/// One message of a batch, read where librdkafka keeps it. Copy out what should stay longer than
/// the batch.
public struct ConsumerRecord: Sendable {
  let batch: ConsumerBatch
  let index: Int

  public var topic: String { batch.read(index) { batch.topic($0.pointee.rkt) } }
  public var partition: Int32 { batch.read(index) { $0.pointee.partition } }
  public var offset: Int64 { batch.read(index) { $0.pointee.offset } }
  public var topicPartition: TopicPartition {
    batch.read(index) { TopicPartition(topic: batch.topic($0.pointee.rkt), partition: $0.pointee.partition) }
  }

  /// Milliseconds since 1970; nil when the topic keeps none.
  public var timestamp: Int64? {
    batch.read(index) { message in
      let time = rd_kafka_message_timestamp(message, nil)
      return time < 0 ? nil : time
    }
  }

  /// A copy. Nil is Kafka's null and differs from empty.
  public var key: [UInt8]? { withKey { $0.map { Array($0) } } }
  /// A copy. Nil is Kafka's null (a tombstone) and differs from empty.
  public var value: [UInt8]? { withValue { $0.map { Array($0) } } }
  public var headers: [RecordHeader] { batch.headers(index) }

  /// Lends the key without copying it; the pointer is good inside the closure only.
  public func withKey<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try batch.read(index) { message throws(Failure) in
      try body(message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) })
    }
  }

  /// Lends the value without copying it; the pointer is good inside the closure only.
  public func withValue<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try batch.read(index) { message throws(Failure) in
      try body(message.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.len) })
    }
  }
}
