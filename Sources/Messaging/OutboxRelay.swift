import GRDB
import Kafka
public import Logging
import Metrics
public import ServiceLifecycle
public import Storage

/// Sends committed events to the broker, in commit order per key, and marks each when the broker has it.
///
/// It waits for the broker as long as that takes, without giving a row up: the producer is idempotent and its
/// messages do not time out. A producer that has become unusable is replaced, and the relay goes on from the
/// first row that was not acknowledged.
public struct OutboxRelay: Service {
  private static let batch = 1000
  /// How long a clean stop waits for the broker.
  private static let lastDrain = Duration.seconds(2)

  private enum Part { case listening, relay }

  private let store: Store
  private let wire: Wire
  private let replicated: ReplicatedOutbox?
  private let lease: Lease?
  private let logger: Logger
  private let published: Counter
  private let delay: Timer

  /// - Parameters:
  ///   - replica: events leave only when this copy of the store holds them; without one, once they are committed.
  ///   - lease: nothing leaves after its end.
  public init(store: Store, wire: Wire, after replica: Replica? = nil, lease: Lease? = nil, logger: Logger) {
    self.store = store
    self.wire = wire
    replicated = replica.map { ReplicatedOutbox($0, store, logger) }
    self.lease = lease
    self.logger = logger
    let dimensions = [("service", store.service)]
    published = Counter(label: "outbox.published", dimensions: dimensions)
    delay = Timer(label: "outbox.commit.to.acknowledge", dimensions: dimensions)
  }

  public func run() async throws {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    wake.yield()
    try await withThrowingTaskGroup(of: Part.self) { group in
      let commits = store.commits(raising: .outbox)
      group.addTask {
        for await _ in commits { wake.yield() }
        return .listening
      }
      if let ledger = wire.embedded {
        let confirmations = ledger.confirmations(for: store.service)
        group.addTask {
          for await _ in confirmations {
            let (rows, relieved) = ledger.takeConfirmed(by: store.service)
            if relieved { wake.yield() }
            await confirm(rows)
          }
          return .listening
        }
      }
      let current = CurrentProducer()
      group.addTask {
        try await withGracefulShutdownHandler {
          try await relay(wakes, through: current)
        } onGracefulShutdown: {
          wake.finish()
          // What the broker does not take in time stays in the outbox.
          Task {
            try await Task.sleep(for: Self.lastDrain)
            await current.close()
          }
        }
      }
      // The relay alone decides when it is over; the listeners only serve it.
      defer { group.cancelAll() }
      while try await group.next() == .listening {}
    }
  }

  private func relay(_ wakes: AsyncStream<Void>, through current: CurrentProducer) async throws -> Part {
    try await republishUnconfirmed()
    var backoff = Backoff()
    for await _ in wakes {
      while !Task.isCancelled {
        do {
          guard let producer = try current.get(orMake: makeProducer) else { break }
          guard try await drainOnce(producer, unless: { current.isClosed }) else { break }
          backoff.reset()
        } catch {
          if current.isClosed || Task.isCancelled { break }
          logger.warning(
            "Events wait in the outbox; the relay tries again",
            metadata: ["error": "\(error)", "again.in": "\(backoff.next)"])
          await current.dropIfFatal()
          if await backoff.wait() == false { break }
        }
      }
    }
    await current.close()
    return .relay
  }
}

extension OutboxRelay {
  /// The embedded broker forgot what it held when its process ended.
  private func republishUnconfirmed() async throws {
    try await store.write { work in
      try work.database.execute(sql: "UPDATE outbox SET state = 0 WHERE state = 1")
    }
  }

  private func makeProducer() throws -> KafkaProducer {
    var configuration = wire.kafka
    let defaults = [
      // A row is never given up: the outbox is the only queue, and it is durable.
      "message.timeout.ms": "0", "linger.ms": "1", "compression.type": "lz4",
    ]
    configuration.properties.merge(defaults) { chosen, _ in chosen }
    return try KafkaProducer(configuration, logger: logger)
  }

  /// - Returns: false when nothing is left to send.
  private func drainOnce(_ producer: KafkaProducer, unless isOver: @Sendable () -> Bool) async throws -> Bool
  {
    let service = store.service
    let waiting = try await nextRows()
    guard let last = waiting.last else { return false }
    try await replicated?.hold(last.seq, unless: isOver)
    // Last of all: whoever takes over restores the store after the lease has ended, with what is replicated by now.
    try lease?.check()
    Failpoint.beforePublish.reach(in: service)
    let (rows, tooLarge) = sendable(waiting)
    if !tooLarge.isEmpty { try await bury(tooLarge) }
    let results = await producer.send(rows.map(\.record))
    Failpoint.afterPublish.reach(in: service)
    try await mark(zip(rows, results).map { ($0, $1) })
    return true
  }

  private func nextRows() async throws -> [OutboxRow] {
    let service = store.service
    let full = wire.embedded?.fullTopics(of: service) ?? []
    let rows = try await store.read { database in
      try OutboxRow.waiting(in: database, service: service, except: full, limit: Self.batch)
    }
    guard let ledger = wire.embedded, !rows.isEmpty else { return rows }
    let fitting = ledger.fitting(rows, of: service)
    if !fitting.isEmpty { return fitting }
    // A topic whose consumers are behind must not keep the others from leaving.
    return try await nextRows()
  }

  /// Sets apart what the broker would refuse, and with it what follows under the same key.
  private func sendable(_ rows: [OutboxRow]) -> (sendable: [OutboxRow], tooLarge: [OutboxRow]) {
    let limit = wire.kafka.properties["message.max.bytes"].flatMap { Int($0) } ?? 1_000_000
    guard rows.contains(where: { $0.bytes > limit }) else { return (rows, []) }
    var blocked: Set<[String]> = []
    var fit: [OutboxRow] = []
    var tooLarge: [OutboxRow] = []
    for row in rows where !blocked.contains([row.topic, row.key]) {
      if row.bytes > limit {
        tooLarge.append(row)
        blocked.insert([row.topic, row.key])
      } else {
        fit.append(row)
      }
    }
    return (fit, tooLarge)
  }

  private func bury(_ rows: [OutboxRow]) async throws {
    try await store.write { work in
      for row in rows {
        try work.database.execute(sql: "UPDATE outbox SET state = 3 WHERE seq = ?", arguments: [row.seq])
        try DeadLetters.bury(
          row, reason: "the broker takes no message of \(row.payload.count) bytes (message.max.bytes)", work)
      }
    }
    for row in rows {
      logger.error(
        "An event can never be sent; what follows under its key waits for an operator",
        metadata: [
          "event.id": "\(row.envelope.id)", "event.type": "\(row.envelope.type)", "key": "\(row.key)",
        ])
    }
  }

  private func mark(_ outcomes: [(OutboxRow, Result<RecordMetadata, KafkaError>)]) async throws {
    var acknowledged: [(row: OutboxRow, at: RecordMetadata)] = []
    var refused: [OutboxRow] = []
    var failure: KafkaError?
    for (row, outcome) in outcomes {
      switch outcome {
      case .success(let place): acknowledged.append((row, place))
      case .failure(let error) where error.code == .messageSizeTooLarge: refused.append(row)
      case .failure(let error): failure = failure ?? error
      }
    }
    if !acknowledged.isEmpty { try await markPublished(acknowledged) }
    if !refused.isEmpty { try await bury(refused) }
    if let failure { throw failure }
  }

  private func markPublished(_ rows: [(row: OutboxRow, at: RecordMetadata)]) async throws {
    let ledger = wire.embedded
    // Known as sent before it is marked, so that a confirmation cannot be missed in between.
    let free = ledger?.sent(
      by: store.service,
      rows.map { row, at in
        (row.seq, TopicPartition(topic: row.topic, partition: at.partition), at.offset, row.bytes)
      })
    try await store.write { work in
      let update = try work.database.cachedStatement(
        sql: """
          UPDATE outbox SET state = max(state, ?), published_at = ?, partition = ?, "offset" = ? WHERE seq = ?
          """)
      for (row, at) in rows {
        let state = free.map { $0.contains(row.seq) ? 2 : 1 } ?? 2
        try update.execute(arguments: [state, work.now, at.partition, at.offset, row.seq])
      }
      work.raiseOnCommit(.published)
    }
    let now = store.now
    published.increment(by: rows.count)
    for (row, _) in rows {
      if let committed = row.envelope.time { delay.recordMilliseconds(now.since(committed).inMilliseconds) }
    }
  }

  private func confirm(_ rows: [Int64]) async {
    guard !rows.isEmpty else { return }
    do {
      try await store.write { work in
        let update = try work.database.cachedStatement(sql: "UPDATE outbox SET state = 2 WHERE seq = ?")
        for seq in rows { try update.execute(arguments: [seq]) }
        work.raiseOnCommit(.published)
      }
    } catch {
      // Harmless, and no reason to stop: after a restart they are published again, and the inbox knows them.
      logger.warning(
        "Consumed events were not marked", metadata: ["error": "\(error)", "events": "\(rows.count)"])
    }
  }
}
