internal import CRdKafka
internal import Logging

/// How long closing waits for a handler that does not return.
private let patience = Duration.seconds(5)

extension ConsumerThread {
  /// librdkafka calls back inside a poll or a close, both of which happen on this thread only.
  static func installRebalance(in conf: OpaquePointer) {
    rd_kafka_conf_set_rebalance_cb(conf) { rk, error, partitions, _ in
      guard let rk, let partitions, let thread = ClientCallbacks.of(rk)?.consumer else { return }
      thread.rebalance(error, partitions)
    }
  }

  private func rebalance(
    _ error: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
  ) {
    let partitions = list.pointee.partitions
    switch error {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      if isCooperative {
        check(KafkaError(consuming: rd_kafka_incremental_assign(handle.rk, list)))
      } else {
        check(KafkaError(rd_kafka_assign(handle.rk, list)))
      }
      assignment.formUnion(partitions)
      logger.info("Partitions assigned", metadata: ["kafka.partitions": "\(partitions)"])
      tell(.assigned(partitions))
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      let isLost = rd_kafka_assignment_lost(handle.rk) != 0
      setAside(Set(partitions))
      logger.info(
        isLost ? "Partitions lost" : "Partitions revoked",
        metadata: ["kafka.partitions": "\(partitions)"])
      tell(isLost ? .lost(partitions) : .revoked(partitions))
      if isCooperative {
        check(KafkaError(consuming: rd_kafka_incremental_unassign(handle.rk, list)))
        assignment.subtract(partitions)
      } else {
        check(KafkaError(rd_kafka_assign(handle.rk, nil)))
        assignment = []
      }
    default:
      handle.callbacks.report(.init(error), "rebalancing failed")
      check(KafkaError(rd_kafka_assign(handle.rk, nil)))
      assignment = []
    }
  }

  /// Runs the application's handler and serves commands until it returns, so that it can commit.
  private func tell(_ change: Rebalance) {
    guard let owner else { return }
    mailbox.monitor.withLock { $0.handlerIsDone = false }
    Task { [onRebalance, mailbox] in
      await onRebalance(change, owner)
      mailbox.post { $0.handlerIsDone = true }
    }
    var deadline: Moment?
    while true {
      let isDone = mailbox.monitor.withLock { $0.handlerIsDone }
      serve()
      if isDone { return }
      // A handler that waits for `close` would wait for itself.
      if deadline == nil, mailbox.monitor.withLock({ $0.phase != .open }) { deadline = .now + patience }
      let isServed = mailbox.monitor.wait(until: deadline) { [deadline] state in
        state.handlerIsDone || !state.commands.isEmpty || state.hasReplies
          || (deadline == nil && state.phase != .open)
      }
      if !isServed {
        return logger.error("The rebalance handler does not return; closing without it")
      }
    }
  }

  /// Marks what was fetched but not yet delivered: it now belongs to somebody else.
  private func setAside(_ revoked: Set<TopicPartition>) {
    mailbox.rearrange { $0.remove(revoked) }
    for index in 0..<(isGathering ? capacity : 0) {
      guard let message = gathering[index] else { break }
      guard let topic = message.pointee.rkt else { continue }
      let place = TopicPartition(
        topic: String(cString: rd_kafka_topic_name(topic)), partition: message.pointee.partition)
      if revoked.contains(place) { stale.insert(message) }
    }
  }

  private func check(_ error: KafkaError?) {
    guard let error else { return }
    logger.error("The assignment cannot be changed", metadata: ["error": "\(error)"])
  }
}
