internal import CRdKafka
internal import Glibc
internal import Logging

/// The producer's thread and what it shares with senders.
///
/// The thread sleeps in librdkafka until delivery reports come, completes the batches they finish
/// and then, since handled reports make room, produces what found the queue full. Senders produce
/// on their own thread as long as there is room.
final class ProducerLoop: Sendable {
  struct State {
    var handle: ClientHandle?
    var phase = Phase.open
    /// Senders between taking the handle and having produced.
    var producing = 0
    /// The queue was full and nobody may overtake those in `backlog`.
    var isCongested = false
    var backlog: [SendBatch] = []
    var fatalError: KafkaError?
  }

  enum Phase { case open, closing, purging, stopping }

  let state: Monitor<State>
  let logger: Logger
  private let stopped = Gate()
  private let closed = Gate()

  init(_ handle: ClientHandle, logger: Logger) {
    state = Monitor(State(handle: handle))
    self.logger = logger
    SystemThread.run("kafka-producer") { [self] in run(handle) }
  }

  var fatalError: KafkaError? { state.withLock { $0.fatalError } }

  /// Hands over as much as there is room for and leaves the rest to the thread.
  func accept(_ batch: SendBatch) throws(KafkaError) {
    let (handle, isCongested) = state.withLock { state -> (ClientHandle?, Bool) in
      guard state.phase == .open, let handle = state.handle else { return (nil, false) }
      if state.isCongested {
        state.backlog.append(batch)
      } else {
        state.producing += 1
      }
      return (handle, state.isCongested)
    }
    guard let handle else { throw .closed("producer") }
    if isCongested { return }
    let progress = handle.produce(batch)
    state.withLock { state in
      state.producing -= 1
      guard progress == .queueFull else { return }
      state.isCongested = true
      state.backlog.append(batch)
    }
    // The reports that make room may all have come before the batch was in the backlog.
    if progress == .queueFull { handle.wake() }
  }

  // MARK: - The thread

  private func run(_ handle: ClientHandle) {
    var backlog = Backlog()
    while true {
      if let event = rd_kafka_queue_poll(handle.queue, 1000) { serve(event, handle) }
      let phase = state.withLock { $0.phase }
      switch phase {
      case .open, .closing: backlog.drain(into: handle, state)
      case .purging:
        // Here, so that nothing can be produced after it: its report would never come.
        backlog.refuseAll(state)
        rd_kafka_purge(handle.rk, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
      case .stopping:
        backlog.refuseAll(state)
        return stopped.open()
      }
    }
  }

  private func serve(_ event: OpaquePointer, _ handle: ClientHandle) {
    defer { rd_kafka_event_destroy(event) }
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_DR:
      var errors = 0
      var completed = ckafka_walk_reports(event, &errors)
      if errors > 0 { noticeFatalError(handle) }
      while let sends = completed {
        completed = sends.pointee.next
        SendBatch.takeCompleted(sends).complete()
      }
    case RD_KAFKA_EVENT_ERROR:
      // The event has the underlying code; only this says that it is fatal.
      if rd_kafka_event_error_is_fatal(event) != 0 { noticeFatalError(handle) }
      handle.callbacks.report(
        .init(rd_kafka_event_error(event)), String(cString: rd_kafka_event_error_string(event)))
    default: break
    }
  }

  private func noticeFatalError(_ handle: ClientHandle) {
    guard let error = handle.fatalError else { return }
    let isNew = state.withLock { state in
      defer { state.fatalError = error }
      return state.fatalError == nil
    }
    if isNew { logger.error("The producer is finished", metadata: ["error": "\(error)"]) }
  }

  // MARK: - Flush and close

  /// Returns when everything accepted so far has been reported, or the time is over.
  func flush(until deadline: Moment? = nil) {
    while deadline?.isPast != true {
      guard let handle = state.withLock({ $0.phase == .stopping ? nil : $0.handle }) else { return }
      // In slices, since batches that wait for room come after the call has looked. A flush that
      // is going on makes librdkafka ignore linger.ms.
      let slice = min(deadline?.millisecondsLeft ?? 100, 100)
      let isEmpty = rd_kafka_flush(handle.rk, slice) == RD_KAFKA_RESP_ERR_NO_ERROR
      if isEmpty, state.withLock({ $0.backlog.isEmpty && !$0.isCongested && $0.producing == 0 }) { return }
      if isEmpty { usleep(200) }
    }
  }

  func close(within limit: Duration) async {
    let isFirst = state.withLock { state in
      defer { if state.phase == .open { state.phase = .closing } }
      return state.phase == .open
    }
    guard isFirst else { return await closed.pass() }
    await SystemThread.run("kafka-close") { [self] in shutDown(by: .now + limit) }
    closed.open()
  }

  private func shutDown(by deadline: Moment) {
    guard let handle = state.withLock({ $0.handle }) else { return }
    flush(until: deadline)
    // A sender that came in just before the phase changed is producing, which never blocks.
    while state.withLock({ $0.producing > 0 }) { usleep(100) }
    state.withLock { $0.phase = .purging }
    handle.wake()
    flush(until: .now + .seconds(2))
    state.withLock {
      $0.phase = .stopping
      $0.handle = nil
    }
    handle.wake()
    if !stopped.block(until: .now + .seconds(2)) {
      logger.error("The producer's thread does not stop; it is left behind")
    }
  }
}
