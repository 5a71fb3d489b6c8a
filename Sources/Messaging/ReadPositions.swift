import GRDB
import Kafka
import Logging
import Storage

/// How far a consumer has read, as its own store remembers it: committed with the effects of what was read.
///
/// The broker remembers it too. When a store was put back to an older state, the broker is ahead of it: what was read
/// in between has to be read again, or its effects would be missing for ever. That is told from the note beside the
/// broker's offset, which says which store has committed it: what another instance has read meanwhile is not ours to
/// repeat.
struct ReadPositions: Sendable {
  let consumer: String
  let store: Store
  let logger: Logger

  func remember(_ messages: some Collection<IncomingMessage>, _ work: UnitOfWork) throws {
    var next: [TopicPartition: Int64] = [:]
    for message in messages { next[message.place] = message.offset + 1 }
    let insert = try work.database.cachedStatement(
      sql: """
        INSERT INTO positions (consumer, topic, partition, next) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET next = excluded.next
        """)
    for (place, offset) in next {
      try insert.execute(arguments: [consumer, place.topic, place.partition, offset])
    }
  }

  /// Commits to the broker what the store has remembered.
  func commit(_ next: [TopicPartition: Int64], _ reader: KafkaConsumer) async throws(KafkaError) {
    try await reader.commit(next, note: store.instance)
  }

  /// Goes back, in partitions that were just assigned, to where the store is.
  func rewind(_ partitions: [TopicPartition], _ reader: KafkaConsumer) async {
    var backoff = Backoff()
    while true {
      do {
        let remembered = try await remembered()
        let committed = try await reader.committedNotes(partitions)
        for (place, (offset, note)) in committed.sorted(by: { $0.key < $1.key }) {
          // Committed by this store, and nothing remembered: it is older than its first message of that partition.
          let own = remembered[place] ?? 0
          guard note == store.instance, own < offset else { continue }
          logger.notice(
            "The store is older than what its consumer has read: events are read again",
            metadata: [
              "topic": "\(place.topic)", "partition": "\(place.partition)", "from": "\(own)",
              "to": "\(offset)",
            ])
          try await reader.seek(place, to: own)
        }
        return
      } catch {
        if (error as? KafkaError)?.code == .closed { return }
        // Reading on without knowing might skip events for ever.
        logger.warning(
          "Where to read from is not known; it is asked again",
          metadata: ["error": "\(error)", "again.in": "\(backoff.next)"])
        guard await backoff.wait() else { return }
      }
    }
  }

  private func remembered() async throws -> [TopicPartition: Int64] {
    try await store.read { [consumer] database in
      var positions: [TopicPartition: Int64] = [:]
      let rows = try Row.fetchCursor(
        database, sql: "SELECT topic, partition, next FROM positions WHERE consumer = ?",
        arguments: [consumer])
      while let row = try rows.next() {
        positions[TopicPartition(topic: row[0], partition: row[1])] = row[2]
      }
      return positions
    }
  }
}
