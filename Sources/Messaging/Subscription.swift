import Kafka
public import Logging
public import ServiceLifecycle
public import Storage

/// Takes a service's events in: a batch is a few units of work, and offsets are committed after the last.
///
/// One consumer group per service, and one per instance for what every instance has to hear. What a crash leaves
/// uncommitted comes again and is recognised by the inbox, so each event takes effect once although Kafka
/// delivers it at least once.
public struct Subscription: Service {
  /// A request that wants to write waits for the unit before it: so many messages are some milliseconds.
  private static let mostInUnit = 100

  private let store: Store
  private let wire: Wire
  private let inbox: Inbox
  /// Shared with the other instances of the service.
  private let topics: [Topic]
  /// Heard by every instance.
  private let broadcasts: [Topic]
  private let share: (@Sendable (Double) -> Void)?
  private let logger: Logger

  /// The topics that this listens to.
  public var listensTo: [Topic] { topics + broadcasts }

  /// - Parameters:
  ///   - handlers: one for each kind of event the service listens to; its instances share the work.
  ///   - broadcasts: handlers of what every instance of the service has to hear of.
  ///   - share: told how much of the shared work is this instance's, from 0 to 1, whenever that changes: its part
  ///     of the partitions. The shares of all instances make 1.
  public init(
    store: Store, wire: Wire, handlers: [any Handler], broadcasts: [any Handler] = [],
    policy: RetryPolicy = RetryPolicy(), share: (@Sendable (Double) -> Void)? = nil,
    logger: Logger
  ) {
    self.store = store
    self.wire = wire
    self.share = share
    self.logger = logger
    let entries = handlers.map { HandlerEntry($0) }
    let all = entries + broadcasts.map { HandlerEntry($0) }
    precondition(Set(all.map(\.eventName)).count == all.count, "two handlers of one service for one event")
    inbox = Inbox(service: store.service, handlers: all, policy: policy, logger: logger)
    // An embedded broker has one instance of everything.
    let isAlone = wire.embedded != nil
    topics = Self.topics(of: isAlone ? all : entries)
    self.broadcasts = Self.topics(of: isAlone ? [] : Array(all.dropFirst(entries.count)))
    precondition(Set(topics).isDisjoint(with: self.broadcasts), "a topic is shared or broadcast, not both")
    wire.embedded?.expect(group: store.service, on: Set(topics.map(\.name)))
  }

  private static func topics(of entries: [HandlerEntry]) -> [Topic] {
    Set(entries.map(\.topic)).sorted { $0.name < $1.name }
  }

  public func run() async throws {
    guard !topics.isEmpty || !broadcasts.isEmpty else {
      try? await gracefulShutdown()
      return
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      if !topics.isEmpty {
        group.addTask { try await consume(topics, as: store.service) }
      }
      if !broadcasts.isEmpty {
        group.addTask { try await consume(broadcasts, as: "\(store.service).\(store.instance)") }
      }
      group.addTask { try await ParkedRunner(store: store, inbox: inbox, logger: logger).run() }
      try await group.waitForAll()
    }
  }

  private func consume(_ topics: [Topic], as group: String) async throws {
    var backoff = Backoff()
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      do {
        try await consumeUntilBroken(topics, group)
        return
      } catch {
        logger.warning(
          "The consumer stopped; a new one is made",
          metadata: ["error": "\(error)", "again.in": "\(backoff.next)"])
        guard await backoff.wait() else { return }
      }
    }
  }

  private func consumeUntilBroken(_ topics: [Topic], _ group: String) async throws {
    let ownership =
      group == store.service ? share.map { Ownership(of: topics, wire, logger, share: $0) } : nil
    // An embedded broker forgets, and its offsets begin anew.
    let positions =
      wire.embedded == nil ? ReadPositions(consumer: group, store: store, logger: logger) : nil
    let consumer = try KafkaConsumer(wire.kafka, groupID: group, logger: logger) { rebalance, consumer in
      ownership?.change(rebalance)
      if case .assigned(let partitions) = rebalance { await positions?.rewind(partitions, consumer) }
    }
    do {
      try await listen(consumer, to: topics)
      if wire.embedded != nil { share?(1) }
      try await cancelWhenGracefulShutdown {
        for try await batch in consumer.batches {
          let messages = batch.map { IncomingMessage($0) }
          batch.release()
          // A task of its own: a clean stop ends the loop between two batches, not within one.
          let settled = await Task {
            guard await take(messages, positions) else { return false }
            await commit(messages, consumer, positions)
            return true
          }.value
          if !settled { break }
        }
      }
    } catch {
      await consumer.close()
      throw error
    }
    await consumer.close()
  }

  private func listen(_ consumer: KafkaConsumer, to topics: [Topic]) async throws {
    guard wire.embedded != nil else {
      try await consumer.subscribe(to: topics.map(\.name))
      return
    }
    try await consumer.assign(
      topics.flatMap { topic in
        (0..<topic.partitions).map { TopicPartition(topic: topic.name, partition: $0) }
      })
  }

  /// - Returns: false when told to stop before the store took the messages.
  private func take(_ messages: [IncomingMessage], _ positions: ReadPositions?) async -> Bool {
    var backoff = Backoff()
    var left = messages[...]
    while !left.isEmpty {
      let part = left.prefix(Self.mostInUnit)
      do {
        try await receive(part, positions)
        left = left.dropFirst(part.count)
      } catch {
        // The store is at fault, not a message: the batch stays in hand and the partitions wait.
        logger.error(
          "The store did not take a batch; it is tried again",
          metadata: ["error": "\(error)", "messages": "\(left.count)", "again.in": "\(backoff.next)"])
        guard await backoff.wait() else { return false }
      }
    }
    return true
  }

  private func receive(_ messages: ArraySlice<IncomingMessage>, _ positions: ReadPositions?) async throws {
    do {
      try await store.write { work in
        // Only what was parked before this batch or by it can hold a message up.
        var anyParked = try !Parked.isEmpty(work)
        for message in messages {
          try inbox.receive(message, anyParked: anyParked, work)
          if !anyParked { anyParked = try !Parked.isEmpty(work) }
        }
        try positions?.remember(messages, work)
      }
    } catch let error as StoreError {
      throw error
    } catch {
      // Not the disk: some message cannot be committed. Halve the batch until it stands alone.
      guard messages.count > 1 else {
        try await bury(messages[messages.startIndex], error, positions)
        return
      }
      let middle = messages.startIndex + messages.count / 2
      try await receive(messages[..<middle], positions)
      try await receive(messages[middle...], positions)
    }
  }

  private func bury(_ message: IncomingMessage, _ error: any Error, _ positions: ReadPositions?) async throws
  {
    try await store.write { work in
      let envelope = Envelope(headers: message.headers)
      try DeadLetters.bury(
        message, envelope, reason: "its effect cannot be committed: \(error)", attempts: 1, work)
      inbox.report(message, envelope, "\(error)")
      try positions?.remember([message], work)
    }
  }

  private func commit(
    _ messages: [IncomingMessage], _ consumer: KafkaConsumer, _ positions: ReadPositions?
  ) async {
    var next: [TopicPartition: Int64] = [:]
    for message in messages { next[message.place] = message.offset + 1 }
    wire.embedded?.handled(by: store.service, next)
    Failpoint.beforeOffsets.reach(in: store.service)
    do {
      if let positions {
        try await positions.commit(next, consumer)
      } else {
        try await consumer.commit(next)
      }
    } catch {
      // Harmless: the messages come again and the inbox knows them.
      logger.info("Offsets were not committed", metadata: ["error": "\(error)"])
    }
  }
}
