internal import CRdKafka

/// The batches that found the queue full, in the order they came. Only the producer's thread
/// has one; what senders add meanwhile lies in the shared state until its turn.
struct Backlog {
  private var batches: ArraySlice<SendBatch> = []

  /// Produces until the queue is full again or nothing waits.
  mutating func drain(into handle: ClientHandle, _ state: Monitor<ProducerLoop.State>) {
    while refill(from: state) {
      while let batch = batches.first {
        guard handle.produce(batch) == .finished || fits(batch, handle) else { return }
        batches.removeFirst()
      }
    }
  }

  mutating func refuseAll(_ state: Monitor<ProducerLoop.State>) {
    while refill(from: state) {
      while let batch = batches.popFirst() {
        withExtendedLifetime(batch) {
          let rest = batch.next..<batch.records.count
          batch.next = batch.records.count
          for index in rest { batch.refuse(index, .purgedFromQueue) }
        }
      }
    }
  }

  /// False when nothing waits, which ends the congestion.
  private mutating func refill(from state: Monitor<ProducerLoop.State>) -> Bool {
    guard batches.isEmpty else { return true }
    batches = state.withLock { state in
      defer { state.backlog = [] }
      if state.backlog.isEmpty { state.isCongested = false }
      return state.backlog[...]
    }
    return !batches.isEmpty
  }

  /// A full queue that is empty means that the message is larger than the whole queue may be:
  /// waiting would never end. Only this thread makes room, so nothing changed in between.
  private func fits(_ batch: SendBatch, _ handle: ClientHandle) -> Bool {
    while rd_kafka_outq_len(handle.rk) == 0 {
      let index = batch.next
      batch.next += 1
      batch.refuse(index, .queueFull)
      if handle.produce(batch) == .finished { return true }
    }
    return false
  }
}
