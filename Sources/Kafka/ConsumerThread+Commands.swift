internal import CRdKafka

extension ConsumerThread {
  func subscribe(to topics: [String]) throws(KafkaError) {
    let list = PartitionList(topics.map { TopicPartition(topic: $0, partition: -1) })
    if let error = KafkaError(rd_kafka_subscribe(handle.rk, list.pointer), "cannot subscribe") { throw error }
    isSubscribed = true
  }

  func assign(_ partitions: [TopicPartition]) throws(KafkaError) {
    guard !isSubscribed else {
      throw KafkaError(.wrongState, "a consumer that subscribes cannot assign itself partitions")
    }
    // Without an offset librdkafka starts where the group is, or at auto.offset.reset.
    let list = PartitionList(partitions)
    if let error = KafkaError(rd_kafka_assign(handle.rk, list.pointer), "cannot assign") { throw error }
    // librdkafka starts all of them anew, also those that stay.
    mailbox.rearrange { $0.remove(assignment) }
    assignment = Set(partitions)
  }

  func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    let error = KafkaError(rd_kafka_pause_partitions(handle.rk, list.pointer), "cannot pause")
    if let error = error ?? list.error("cannot pause") { throw error }
    mailbox.rearrange { $0.withhold(Set(partitions)) }
  }

  func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    let error = KafkaError(rd_kafka_resume_partitions(handle.rk, list.pointer), "cannot resume")
    if let error = error ?? list.error("cannot resume") { throw error }
    mailbox.rearrange { $0.restore(Set(partitions)) }
  }

  func seek(_ partition: TopicPartition, to offset: Int64) throws(KafkaError) {
    guard assignment.contains(partition) else {
      throw KafkaError(.wrongState, "cannot seek in \(partition), which is not assigned")
    }
    mailbox.rearrange { $0.remove([partition]) }
    let list = PartitionList([partition: offset])
    // Milliseconds, which 2.0.2 takes for microseconds: five of them are plenty, since the answer
    // comes from a thread next door. Without an answer the seek goes on all the same.
    let error = KafkaError(consuming: rd_kafka_seek_partitions(handle.rk, list.pointer, 5000))
    guard var refused = list.error("cannot seek in") ?? error, refused.code != .timedOut else { return }
    refused.isRetriable = refused.code == .wrongState
    throw refused
  }

  func position(_ partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Int64] {
    let list = PartitionList(partitions)
    if let error = KafkaError(rd_kafka_position(handle.rk, list.pointer), "no position") { throw error }
    let ahead = mailbox.monitor.withLock { $0.shelf.firstOffsets }
    return list.offsets.merging(ahead.filter { partitions.contains($0.key) }) { min($0, $1) }
  }
}
