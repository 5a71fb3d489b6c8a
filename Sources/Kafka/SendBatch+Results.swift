internal import CRdKafka

extension SendBatch {
  /// What became of each record. Only after `wait()` said true.
  func results(fatal: KafkaError?) -> [Result<RecordMetadata, KafkaError>] {
    records.indices.map { index in
      let slot = slot(index).pointee
      guard slot.error != 0 else {
        return .success(RecordMetadata(partition: slot.partition, offset: slot.offset))
      }
      return .failure(failure(of: records[index], slot, fatal))
    }
  }

  /// Every record of a batch nobody waits for any more: its messages are still on their way.
  func detachedResults() -> [Result<RecordMetadata, KafkaError>] {
    let error = KafkaError(
      .cancelled, "the task was cancelled; the message is still being sent", isRetriable: false,
      persistence: .possiblyPersisted)
    return Array(repeating: .failure(error), count: records.count)
  }

  private func failure(
    of record: ProducerRecord, _ slot: ckafka_result, _ fatal: KafkaError?
  ) -> KafkaError {
    let code = KafkaError.Code(rawValue: slot.error)
    let persistence: KafkaError.Persistence =
      switch rd_kafka_msg_status_t(rawValue: UInt32(bitPattern: slot.status)) {
      case RD_KAFKA_MSG_STATUS_PERSISTED: .persisted
      case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED: .possiblyPersisted
      default: .notPersisted
      }
    // A fatal error purges what is queued: tell the cause, not the purge.
    if var fatal, code == .fatal || code == .purgedFromQueue || code == .purgedInFlight {
      fatal.persistence = persistence
      return fatal
    }
    return KafkaError(
      code, "a message for \(record.topic) was not sent: \(code.text)", persistence: persistence)
  }
}
