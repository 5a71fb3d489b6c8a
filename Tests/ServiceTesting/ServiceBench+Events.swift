public import Foundation
import GRDB
public import Kafka
public import Messaging
import RoomTesting
public import Storage
public import Testing

/// An event as it lies in the outbox.
public struct Published: Hashable, Sendable {
  public let type: String
  public let key: String
  public let payload: String

  public init(type: String, key: String, payload: String) {
    self.type = type
    self.key = key
    self.payload = payload
  }

  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(payload.utf8))
  }
}

extension ServiceBench {
  /// Puts an event on the wire as another service would.
  ///
  /// Everything goes to partition 0, so that events of one topic arrive in the order of the records.
  public func record<Fact: Event>(_ event: Fact, id: String = UUID().uuidString) throws -> ProducerRecord {
    ProducerRecord(
      topic: Fact.topic.name, partition: 0, key: Array(event.key.utf8),
      value: Array(try JSONEncoder().encode(event)),
      headers: [
        RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id),
        RecordHeader("ce_source", "/test"), RecordHeader("ce_type", Fact.name),
      ])
  }

  /// Sends the records and waits until the service has settled them all.
  ///
  /// Behind the records of each topic goes one that nobody can read: when it has come to the dead letters,
  /// those before it have taken effect, or are parked, or are dead letters too.
  public func deliver(_ records: [ProducerRecord], sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    let topics = Set(records.map(\.topic))
    let stops = topics.map { ProducerRecord(topic: $0, partition: 0, key: nil, value: Array("stop".utf8)) }
    let before = try await stopsSeen()
    let broker = try #require(broker)
    let producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: broker.bootstrapServers), logger: logger)
    for result in await producer.send(records + stops) { _ = try result.get() }
    await producer.close()
    try await until(sourceLocation: sourceLocation) {
      try await stopsSeen() == before + stops.count
    }
  }

  /// What was parked so far has waited so much longer, and is tried again.
  public func pass(_ time: Duration) async throws {
    try await store.write { work in
      try work.database.execute(
        sql: "UPDATE parked SET first_at = first_at - ?1, due_at = due_at - ?1",
        arguments: [time.inMilliseconds])
      work.raiseOnCommit(CommitSignal("parked"))
    }
  }

  /// All events there were, in the order of their publication; the announcements of dead letters are not events.
  public func published() async throws -> [Published] {
    try await store.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT type, key, CAST(payload AS TEXT) FROM outbox
          WHERE topic NOT LIKE '%.dead-letters' ORDER BY seq
          """
      ).map { Published(type: $0[0], key: $0[1], payload: $0[2]) }
    }
  }

  /// Why messages were given up, without those that ``deliver(_:sourceLocation:)`` sends itself.
  public func deadReasons() async throws -> [String] {
    try await store.read { database in
      try DeadLetters.list(PageRequest(limit: 500), all: true, in: database).items
        .filter { $0.eventID != nil }.map(\.reason)
    }
  }

  public func count(_ sql: String) async throws -> Int {
    try await store.read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  private func stopsSeen() async throws -> Int {
    try await count("SELECT count(*) FROM dead_letters WHERE event_id IS NULL")
  }

  /// Waits, from commit to commit, until `condition` holds.
  public func until(
    _ other: Store? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () async throws -> Bool
  ) async throws {
    try await (other ?? store).until(sourceLocation: sourceLocation, condition)
  }
}
