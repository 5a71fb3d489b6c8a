internal import CRdKafka
public import Logging
internal import Synchronization

/// Reads records in batches, as a member of a group or from partitions of its own choice, and
/// commits only what it is told to.
///
/// Records are fetched, and the group rebalances, only while a task waits for a batch: one that
/// commits a batch before it asks for the next never has work in hand when partitions are revoked.
/// An application that does not ask for longer than `max.poll.interval.ms` loses its place in the
/// group.
public final class KafkaConsumer: Sendable {
  let mailbox: ConsumerMailbox
  let groupID: String
  private let logger: Logger
  private let lifetime: Lifetime
  private let finished = Gate()

  /// - Parameters:
  ///   - maximumBatch: the most records in one batch.
  ///   - onRebalance: told about every change of the assignment while it happens; records stop and
  ///     calls on the consumer go on until it returns. It must not wait for `close`.
  public init(
    _ configuration: KafkaConfiguration, groupID: String, maximumBatch: Int = 1000, logger: Logger,
    onRebalance: @escaping @Sendable (Rebalance, KafkaConsumer) async -> Void = { _, _ in }
  ) throws(KafkaError) {
    let conf = try configuration.makeNative(
      KafkaConfiguration.consumerDefaults, forced: [("group.id", groupID)])
    ConsumerThread.installRebalance(in: conf)
    // Asking librdkafka during a rebalance would deadlock 2.0.2 at close: the answer is kept.
    let strategy = property("partition.assignment.strategy", of: conf) ?? ""
    let queueKilobytes = property("queued.max.messages.kbytes", of: conf).flatMap { Int($0) }
    let handle = try ClientHandle(.consumer, conf, configuration, logger: logger)
    self.logger = logger
    self.groupID = groupID
    mailbox = ConsumerMailbox(handle)
    lifetime = handle.lifetime
    let thread = ConsumerThread(
      handle, mailbox, capacity: max(1, maximumBatch),
      isCooperative: strategy.contains("cooperative"), queueKilobytes: queueKilobytes ?? 65536,
      logger: logger, onRebalance: onRebalance)
    thread.owner = self
    handle.callbacks.consumer = thread
    SystemThread.run("kafka-consumer") { [finished] in
      thread.run()
      finished.open()
    }
  }

  deinit {
    mailbox.post { if $0.phase == .open { $0.phase = .closing } }
  }

  public var batches: ConsumerBatches { ConsumerBatches(consumer: self) }

  // MARK: - What to read

  /// Joins the group for these topics; a name that starts with `^` is a pattern. Replaces an
  /// earlier subscription.
  public func subscribe(to topics: [String]) async throws(KafkaError) {
    try await mailbox.perform { thread throws(KafkaError) in try thread.subscribe(to: topics) }
  }

  /// Reads these partitions without joining the group, from its committed offsets or, where there
  /// are none, from `auto.offset.reset`. Replaces an earlier assignment.
  public func assign(_ partitions: [TopicPartition]) async throws(KafkaError) {
    try await mailbox.perform { thread throws(KafkaError) in try thread.assign(partitions) }
  }

  /// What this consumer reads now.
  public func assignment() async throws(KafkaError) -> Set<TopicPartition> {
    try await mailbox.perform { $0.assignment }
  }

  /// Stops fetching from these partitions; what was fetched and not yet delivered comes later.
  public func pause(_ partitions: [TopicPartition]) async throws(KafkaError) {
    try await mailbox.perform { thread throws(KafkaError) in try thread.pause(partitions) }
  }

  public func resume(_ partitions: [TopicPartition]) async throws(KafkaError) {
    try await mailbox.perform { thread throws(KafkaError) in try thread.resume(partitions) }
  }

  /// The next record of this partition is the one at this offset.
  public func seek(_ partition: TopicPartition, to offset: Int64) async throws(KafkaError) {
    let deadline = Moment.now + .seconds(5)
    while true {
      do throws(KafkaError) {
        return try await mailbox.perform { thread throws(KafkaError) in
          try thread.seek(partition, to: offset)
        }
      } catch {
        // A partition assigned a moment ago cannot be moved until it has asked where to start.
        guard error.code == .wrongState, error.isRetriable, !deadline.isPast, !Task.isCancelled else {
          throw error
        }
        try? await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  // MARK: - Offsets

  /// Commits the next offset to read of each partition and returns when the broker has them.
  /// Partitions that meanwhile belong to another member are left out.
  /// - Parameter note: kept with the offsets, for whoever reads them; at most 4 KiB for most brokers.
  public func commit(_ offsets: [TopicPartition: Int64], note: String = "") async throws(KafkaError) {
    try await mailbox.perform(answering: { thread, answer in thread.commit(offsets, note: note, answer) })
  }

  /// The group's committed offsets; partitions without one are missing.
  public func committed(
    _ partitions: [TopicPartition]
  ) async throws(KafkaError) -> [TopicPartition: Int64] {
    let handle = try openHandle()
    return try await aside { () throws(KafkaError) in try handle.committed(partitions) }
  }

  /// The same, with what was noted at the commit; empty where nothing was.
  public func committedNotes(
    _ partitions: [TopicPartition]
  ) async throws(KafkaError) -> [TopicPartition: (offset: Int64, note: String)] {
    let handle = try openHandle()
    return try await aside { () throws(KafkaError) in try handle.committedNotes(partitions) }
  }

  /// The next offset of each partition that a batch will bring; missing before the first record.
  public func position(
    _ partitions: [TopicPartition]
  ) async throws(KafkaError) -> [TopicPartition: Int64] {
    try await mailbox.perform { thread throws(KafkaError) in try thread.position(partitions) }
  }

  /// How many records of each assigned partition have not been delivered yet.
  public func lag() async throws(KafkaError) -> [TopicPartition: Int64] {
    let (handle, assignment, positions) = try await mailbox.perform { thread throws(KafkaError) in
      let assignment = Array(thread.assignment)
      return (thread.handle, assignment, try thread.position(assignment))
    }
    return try await aside { () throws(KafkaError) in
      try handle.lag(assignment, from: positions)
    }
  }

  // MARK: - The end

  /// Leaves the group, after the handler for what is revoked has run, and disconnects. Batches the
  /// application still holds stay readable; the last of them frees the client. May be called again.
  public func close() async {
    mailbox.post { if $0.phase == .open { $0.phase = .closing } }
    let isFinished = await SystemThread.run("kafka-close") { [finished] in
      finished.block(until: .now + .seconds(15))
    }
    guard isFinished else {
      return logger.error("The consumer does not close; it is left behind")
    }
    let held = lifetime.heldBatches.load(ordering: .relaxed)
    guard held == 0 else {
      return logger.notice(
        "The consumer is closed; its memory is freed with the batches that are still held",
        metadata: ["kafka.batches": "\(held)"])
    }
    await lifetime.end(logger: logger)
  }

  /// Makes librdkafka behave as after a fatal error.
  func failFatally(_ code: KafkaError.Code, _ reason: String) throws(KafkaError) {
    _ = rd_kafka_test_fatal_error(try openHandle().rk, code.error, reason)
  }

  private func openHandle() throws(KafkaError) -> ClientHandle {
    guard let handle = mailbox.monitor.withLock({ $0.handle }) else { throw .closed("consumer") }
    return handle
  }

  private func aside<Value: Sendable>(
    _ body: @escaping @Sendable () throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    try await SystemThread.run("kafka-aside") { () -> Result<Value, KafkaError> in
      do throws(KafkaError) { return .success(try body()) } catch { return .failure(error) }
    }.get()
  }
}
