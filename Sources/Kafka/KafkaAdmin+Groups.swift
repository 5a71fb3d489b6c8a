internal import CRdKafka

extension KafkaAdmin {
  /// The next offset the group will read of each partition; partitions it has not committed are
  /// missing. The group need not be alive.
  public func groupOffsets(
    _ group: String, _ partitions: [TopicPartition]
  ) async throws(KafkaError) -> [TopicPartition: Int64] {
    guard !partitions.isEmpty else { return [:] }
    return try await request(
      RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, "reading the offsets of \(group)"
    ) { rk, options, queue in
      let list = PartitionList(partitions)
      var native = rd_kafka_ListConsumerGroupOffsets_new(group, list.pointer)
      rd_kafka_ListConsumerGroupOffsets(rk, &native, 1, options, queue)
      rd_kafka_ListConsumerGroupOffsets_destroy(native)
    } _: { event throws(KafkaError) in
      var count = 0
      let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
      guard let result = UnsafeBufferPointer(start: groups, count: count).first else { return [:] }
      if let error = rd_kafka_group_result_error(result) {
        throw KafkaError(
          .init(rd_kafka_error_code(error)), String(cString: rd_kafka_error_string(error)))
      }
      return rd_kafka_group_result_partitions(result)?.pointee.offsets ?? [:]
    }
  }

  /// How many records the group has not committed yet: all there are where it committed nothing.
  public func lag(
    _ group: String, _ partitions: [TopicPartition]
  ) async throws(KafkaError) -> [TopicPartition: Int64] {
    let offsets = try await groupOffsets(group, partitions)
    let limit = timeout.wholeMilliseconds
    return try await ask { handle throws(KafkaError) in
      try handle.lag(partitions, from: offsets, timeout: limit)
    }
  }
}
