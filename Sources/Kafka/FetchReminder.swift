internal import CRdKafka
internal import Synchronization

/// Until 2.2 librdkafka looks only once a second whether a full queue has room again, so a
/// consumer faster than the queue's size per second would starve most of each second (measured:
/// 20,000 messages of 1 KB a second instead of 95,000). Any request wakes the thread of the broker
/// it goes to, and with it the fetching: after every half queue the partitions' leaders are asked
/// for their last offsets.
struct FetchReminder: Sendable {
  private let halfQueue: Int
  private var bytes = 0
  private let isUnderway = Flag()

  init(queueKilobytes: Int) {
    let needed = rd_kafka_version() < 0x0202_0000
    halfQueue = needed ? max(1, queueKilobytes * 1024 / 2) : .max
  }

  /// Counts what was taken from the queue.
  mutating func took(_ more: Int, of assignment: Set<TopicPartition>, _ handle: ClientHandle) {
    bytes += more
    guard bytes >= halfQueue, !isUnderway.value.exchange(true, ordering: .relaxed) else { return }
    bytes = 0
    // The call waits for the answers, hence aside; nobody needs what they say.
    SystemThread.run("kafka-fetch") { [isUnderway] in
      let list = PartitionList(assignment)
      list.setOffsets(Int64(RD_KAFKA_OFFSET_END))
      // Longer than socket.timeout.ms: once this time is over, 2.0.2 waits on without sleeping.
      _ = rd_kafka_offsets_for_times(handle.rk, list.pointer, 65_000)
      isUnderway.value.store(false, ordering: .relaxed)
    }
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
}
