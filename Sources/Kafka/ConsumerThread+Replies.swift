internal import CRdKafka
internal import Logging

/// Commits answer on a queue of their own: on the consumer's queue a reply would abort the process.
extension ConsumerThread {
  func openReplies() {
    replies = rd_kafka_queue_new(handle.rk)
    // Called by a thread of librdkafka that holds the reply queue's lock, so it only leaves a note
    // and wakes us. The mailbox is kept by this object, which `closeReplies` outlives.
    rd_kafka_queue_cb_event_enable(
      replies, { _, mailbox in ConsumerThread.repliesArrived(mailbox) },
      Unmanaged.passUnretained(mailbox).toOpaque())
  }

  private static func repliesArrived(_ mailbox: UnsafeMutableRawPointer?) {
    guard let mailbox else { return }
    Unmanaged<ConsumerMailbox>.fromOpaque(mailbox).takeUnretainedValue().post { $0.hasReplies = true }
  }

  func commit(
    _ offsets: [TopicPartition: Int64], note: String,
    _ answer: @escaping @Sendable (Result<Void, KafkaError>) -> Void
  ) {
    // A member of a group must not move the offsets of another member's partitions back.
    let ours = isSubscribed ? offsets.filter { assignment.contains($0.key) } : offsets
    if ours.count < offsets.count {
      logger.debug("Offsets of partitions that were revoked are not committed")
    }
    guard !ours.isEmpty else { return answer(.success(())) }
    let list = PartitionList(ours, note: note)
    lastReply += 1
    let error = rd_kafka_commit_queue(
      handle.rk, list.pointer, replies, nil, UnsafeMutableRawPointer(bitPattern: lastReply))
    if let error = KafkaError(error, "offsets cannot be committed") {
      answer(.failure(error))
    } else {
      pending[lastReply] = answer
    }
  }

  func takeReplies() {
    while let event = rd_kafka_queue_poll(replies, 0) {
      defer { rd_kafka_event_destroy(event) }
      let number = Int(bitPattern: rd_kafka_event_opaque(event))
      guard let answer = pending.removeValue(forKey: number) else { continue }
      let list = rd_kafka_event_topic_partition_list(event)
      if let error = list?.pointee.error("cannot commit the offset of") {
        answer(.failure(error))
      } else if let error = KafkaError(rd_kafka_event_error(event), "offsets were not committed") {
        answer(.failure(error))
      } else {
        answer(.success(()))
      }
    }
  }

  func closeReplies() {
    rd_kafka_queue_cb_event_enable(replies, nil, nil)
    takeReplies()
    for answer in pending.values { answer(.failure(.closed("consumer"))) }
    pending = [:]
    rd_kafka_queue_destroy(replies)
    replies = nil
  }
}
