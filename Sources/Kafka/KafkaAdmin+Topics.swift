internal import CRdKafka

extension KafkaAdmin {
  /// What became of each topic, by name.
  public typealias TopicResults = [String: Result<Void, KafkaError>]

  public func createTopics(_ topics: [NewTopic]) async throws(KafkaError) -> TopicResults {
    for topic in topics where topic.partitions < 1 || topic.replicationFactor < -1 {
      throw KafkaError(.invalidArgument, "\(topic.name) cannot have that many partitions or replicas")
    }
    return try await request(RD_KAFKA_ADMIN_OP_CREATETOPICS, "creating topics") { rk, options, queue in
      var natives = topics.map { topic in
        let native = rd_kafka_NewTopic_new(topic.name, topic.partitions, topic.replicationFactor, nil, 0)
        for (name, value) in topic.configuration { rd_kafka_NewTopic_set_config(native, name, value) }
        return native
      }
      rd_kafka_CreateTopics(rk, &natives, natives.count, options, queue)
      for native in natives { rd_kafka_NewTopic_destroy(native) }
    } _: { event in
      var count = 0
      let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
      return topicResults(results, count)
    }
  }

  public func deleteTopics(_ names: [String]) async throws(KafkaError) -> TopicResults {
    try await request(RD_KAFKA_ADMIN_OP_DELETETOPICS, "deleting topics") { rk, options, queue in
      var natives = names.map { rd_kafka_DeleteTopic_new($0) }
      rd_kafka_DeleteTopics(rk, &natives, natives.count, options, queue)
      for native in natives { rd_kafka_DeleteTopic_destroy(native) }
    } _: { event in
      var count = 0
      let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
      return topicResults(results, count)
    }
  }

  /// Raises each topic to that many partitions in all. Keys move to other partitions by it.
  public func createPartitions(_ totals: [String: Int32]) async throws(KafkaError) -> TopicResults {
    try await request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, "creating partitions") { rk, options, queue in
      var natives = totals.map { rd_kafka_NewPartitions_new($0.key, Int($0.value), nil, 0) }
      rd_kafka_CreatePartitions(rk, &natives, natives.count, options, queue)
      for native in natives { rd_kafka_NewPartitions_destroy(native) }
    } _: { event in
      var count = 0
      let results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event), &count)
      return topicResults(results, count)
    }
  }

  /// All topics, by name.
  public func topics() async throws(KafkaError) -> [TopicDescription] {
    let limit = timeout.wholeMilliseconds
    return try await ask { handle throws(KafkaError) in
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let error = rd_kafka_metadata(handle.rk, 1, nil, &metadata, limit)
      if let error = KafkaError(error, "cannot list topics") { throw error }
      guard let metadata else { return [] }
      defer { rd_kafka_metadata_destroy(metadata) }
      let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
      return topics.map(TopicDescription.init).sorted { $0.name < $1.name }
    }
  }

  /// The settings of a topic, by name.
  public func describeConfigs(topic: String) async throws(KafkaError) -> [String: TopicSetting] {
    try await request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "reading the settings of \(topic)") {
      rk, options, queue in
      var native = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
      rd_kafka_DescribeConfigs(rk, &native, 1, options, queue)
      rd_kafka_ConfigResource_destroy(native)
    } _: { event throws(KafkaError) in
      try settings(event, topic)
    }
  }
}

private func topicResults(
  _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
) -> KafkaAdmin.TopicResults {
  var byName: KafkaAdmin.TopicResults = [:]
  for result in UnsafeBufferPointer(start: results, count: count) {
    let error = KafkaError.Code(rd_kafka_topic_result_error(result))
    let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
    byName[String(cString: rd_kafka_topic_result_name(result))] =
      error.rawValue == 0 ? .success(()) : .failure(KafkaError(error, reason))
  }
  return byName
}

private func settings(_ event: OpaquePointer, _ topic: String) throws(KafkaError) -> [String: TopicSetting] {
  var count = 0
  let resources = rd_kafka_DescribeConfigs_result_resources(
    rd_kafka_event_DescribeConfigs_result(event), &count)
  var settings: [String: TopicSetting] = [:]
  for resource in UnsafeBufferPointer(start: resources, count: count) {
    let error = rd_kafka_ConfigResource_error(resource)
    if let error = KafkaError(error, "cannot read the settings of \(topic)") { throw error }
    var entries = 0
    let configs = rd_kafka_ConfigResource_configs(resource, &entries)
    for entry in UnsafeBufferPointer(start: configs, count: entries) {
      settings[String(cString: rd_kafka_ConfigEntry_name(entry))] = TopicSetting(
        value: rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) },
        isDefault: rd_kafka_ConfigEntry_is_default(entry) == 1,
        isReadOnly: rd_kafka_ConfigEntry_is_read_only(entry) == 1)
    }
  }
  return settings
}

extension TopicDescription {
  fileprivate init(_ topic: rd_kafka_metadata_topic) {
    let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
    self.init(
      name: String(cString: topic.topic),
      partitions: partitions.map { partition in
        Partition(
          id: partition.id, leader: partition.leader,
          replicas: Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))),
          inSyncReplicas: Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt))))
      })
  }
}
