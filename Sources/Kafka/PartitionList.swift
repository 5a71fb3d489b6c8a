internal import CRdKafka
import Foundation

/// librdkafka's list of partitions, owned: destroyed with this value.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ partitions: some Collection<TopicPartition> = []) {
    pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
    for partition in partitions {
      rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
    }
  }

  init(_ offsets: [TopicPartition: Int64]) {
    self.init(offsets.keys)
    for index in 0..<Int(pointer.pointee.cnt) {
      let element = pointer.pointee.elems + index
      element.pointee.offset = offsets[element.pointee.name] ?? Int64(RD_KAFKA_OFFSET_INVALID)
    }
  }

  /// - Parameter note: kept by the broker with each of the offsets.
  init(_ offsets: [TopicPartition: Int64], note: String) {
    self.init(offsets)
    for index in 0..<Int(pointer.pointee.cnt) {
      // The list frees it with itself.
      pointer.pointee.elems[index].metadata = UnsafeMutableRawPointer(strdup(note))
      pointer.pointee.elems[index].metadata_size = note.utf8.count
    }
  }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }

  func setOffsets(_ offset: Int64) {
    for index in 0..<Int(pointer.pointee.cnt) { pointer.pointee.elems[index].offset = offset }
  }

  var partitions: [TopicPartition] { pointer.pointee.partitions }
  var offsets: [TopicPartition: Int64] { pointer.pointee.offsets }
  var notes: [TopicPartition: String] { pointer.pointee.notes }

  /// The first partition librdkafka refused something for.
  func error(_ doing: String) -> KafkaError? { pointer.pointee.error(doing) }
}

extension rd_kafka_topic_partition_list_t {
  private var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
    UnsafeBufferPointer(start: elems, count: Int(cnt))
  }

  var partitions: [TopicPartition] { elements.map(\.name) }

  /// Those that have one: not "none committed" or "wherever the group is".
  var offsets: [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for element in elements where element.offset >= 0 && element.err.rawValue == 0 {
      offsets[element.name] = element.offset
    }
    return offsets
  }

  /// What was kept with the offsets.
  var notes: [TopicPartition: String] {
    var notes: [TopicPartition: String] = [:]
    for element in elements where element.metadata_size > 0 {
      guard let metadata = element.metadata else { continue }
      let bytes = UnsafeRawBufferPointer(start: metadata, count: element.metadata_size)
      notes[element.name] = String(decoding: bytes, as: UTF8.self)
    }
    return notes
  }

  func error(_ doing: String) -> KafkaError? {
    for element in elements {
      if let error = KafkaError(element.err, "\(doing) \(element.name)") { return error }
    }
    return nil
  }
}

extension rd_kafka_topic_partition_t {
  var name: TopicPartition {
    TopicPartition(topic: String(cString: topic), partition: partition)
  }
}
