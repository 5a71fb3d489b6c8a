internal import CRdKafka

/// Questions to the broker that block the calling thread, which must be one of our own.
extension ClientHandle {
  func committed(
    _ partitions: [TopicPartition], timeout: Int32 = 5000
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    try committedNotes(partitions, timeout: timeout).mapValues(\.offset)
  }

  /// What was committed, and what was noted with it.
  func committedNotes(
    _ partitions: [TopicPartition], timeout: Int32 = 5000
  ) throws(KafkaError) -> [TopicPartition: (offset: Int64, note: String)] {
    guard !partitions.isEmpty else { return [:] }
    let list = PartitionList(partitions)
    let error = KafkaError(
      rd_kafka_committed(rk, list.pointer, timeout), "cannot read committed offsets")
    if let error = error ?? list.error("cannot read the committed offset of") { throw error }
    let notes = list.notes
    var committed: [TopicPartition: (offset: Int64, note: String)] = [:]
    for (place, offset) in list.offsets { committed[place] = (offset, notes[place] ?? "") }
    return committed
  }

  /// The first offset that is there and the one the next record will get.
  func watermarks(
    _ partition: TopicPartition, timeout: Int32 = 5000
  ) throws(KafkaError) -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(
      rk, partition.topic, partition.partition, &low, &high, timeout)
    if let error = KafkaError(error, "cannot read the offsets of \(partition)") { throw error }
    return (low, high)
  }

  /// What lies between these offsets and the end; all there is for partitions that have none.
  func lag(
    _ partitions: [TopicPartition], from offsets: [TopicPartition: Int64], timeout: Int32 = 5000
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    var lag: [TopicPartition: Int64] = [:]
    for partition in partitions {
      let (low, high) = try watermarks(partition, timeout: timeout)
      lag[partition] = max(0, high - max(low, offsets[partition] ?? low))
    }
    return lag
  }
}
