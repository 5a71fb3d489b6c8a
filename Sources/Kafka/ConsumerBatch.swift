internal import CRdKafka
internal import Synchronization

/// Messages fetched together. They lie in librdkafka's memory until the last reference to the
/// batch (every record is one) is gone, or until `release()`; one kept record keeps the whole
/// fetch response. Nothing waits for it: a batch may outlive its consumer.
///
/// `@unchecked Sendable`: the messages are only read, except that librdkafka parses headers on
/// the first request, which `headersLock` keeps to one thread at a time. `use` counts readers so
/// that `release()` frees after the last of them; reading around it is use after free.
public final class ConsumerBatch: @unchecked Sendable, RandomAccessCollection {
  typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

  public let count: Int
  private let messages: UnsafeMutablePointer<Message?>
  private let topics: [(pointer: OpaquePointer?, name: String)]
  /// Destroying the client waits for its messages, so the messages keep the client.
  private var handle: ClientHandle?
  /// Twice the number of readers, plus one once released.
  private let use = Atomic<Int>(0)
  private let headersLock = Mutex(())

  /// Takes over the messages and the memory of the array.
  init(_ messages: UnsafeMutablePointer<Message?>, count: Int, _ handle: ClientHandle) {
    self.messages = messages
    self.count = count
    self.handle = handle
    var topics: [(pointer: OpaquePointer?, name: String)] = []
    var last: OpaquePointer?
    for index in 0..<count {
      let topic = messages[index]?.pointee.rkt
      if topic == last || topics.contains(where: { $0.pointer == topic }) { continue }
      last = topic
      topics.append((topic, String(cString: rd_kafka_topic_name(topic))))
    }
    self.topics = topics
    handle.lifetime.heldBatches.wrappingAdd(1, ordering: .relaxed)
  }

  deinit {
    if use.load(ordering: .acquiring) & 1 == 0 { destroyMessages() }
    messages.deallocate()
  }

  /// Frees the messages before the last reference is gone. Reading a record of the batch
  /// afterwards is a programming error and stops the process.
  public func release() {
    if use.bitwiseOr(1, ordering: .acquiringAndReleasing).oldValue == 0 { destroyMessages() }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(position: Int) -> ConsumerRecord {
    precondition(position >= 0 && position < count, "no such record")
    return ConsumerRecord(batch: self, index: position)
  }

  /// Moves these messages to a batch of their own; they are not this batch's to destroy any more.
  func moving(_ ranges: [Range<Int>]) -> ConsumerBatch? {
    guard let handle else { return nil }
    let count = ranges.reduce(0) { $0 + $1.count }
    let moved = UnsafeMutablePointer<Message?>.allocate(capacity: count)
    for (place, index) in ranges.joined().enumerated() {
      moved[place] = messages[index]
      messages[index] = nil
    }
    return ConsumerBatch(moved, count: count, handle)
  }

  @inline(__always)
  func read<Value, Failure: Error>(
    _ index: Int, _ body: (Message) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let readers = use.wrappingAdd(2, ordering: .acquiring).oldValue
    defer {
      if use.wrappingSubtract(2, ordering: .acquiringAndReleasing).newValue == 1 { destroyMessages() }
    }
    guard readers & 1 == 0, let message = messages[index] else {
      preconditionFailure("the record's batch was released")
    }
    return try body(message)
  }

  func headers(_ index: Int) -> [RecordHeader] {
    read(index) { message in
      // The pointer is told to the lock as a number: it is not sent anywhere, only used here.
      let address = UInt(bitPattern: message)
      return headersLock.withLock { _ in [RecordHeader](of: address) }
    }
  }

  func topic(_ pointer: OpaquePointer?) -> String {
    for topic in topics where topic.pointer == pointer { return topic.name }
    return ""
  }

  /// Runs once, after the last reader.
  private func destroyMessages() {
    for index in 0..<count {
      if let message = messages[index] { rd_kafka_message_destroy(message) }
    }
    handle?.lifetime.heldBatches.wrappingSubtract(1, ordering: .relaxed)
    handle = nil
  }
}

extension [RecordHeader] {
  fileprivate init(of address: UInt) {
    self = []
    let message = ConsumerBatch.Message(bitPattern: address)
    var headers: OpaquePointer?
    guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while rd_kafka_header_get_all(headers, count, &name, &value, &size)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let name
    {
      let bytes = value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }
      append(RecordHeader(String(cString: name), bytes))
    }
  }
}
