import Foundation
import Kafka
import Synchronization

/// Sees every event as it passes on the wire, shows it, and lets a story wait for one.
final class EventWatch: Sendable {
  struct Sighting: Sendable {
    let record: ProducerRecord
    let type: String
    let id: String
    let correlationID: String
    let payload: String
  }

  private struct State {
    var sightings: [Sighting] = []
    var waiters:
      [(matches: @Sendable (Sighting) -> Bool, resume: CheckedContinuation<Sighting?, Never>, id: Int)] = []
    var next = 0
  }

  private let consumer: KafkaConsumer
  private let state = Mutex(State())
  private let show: @Sendable (String) -> Void

  /// Watches `topics` from now on.
  init(_ program: Program, topics: [String], show: @escaping @Sendable (String) -> Void) async throws {
    var kafka = try program.reachableBroker()
    kafka.properties["auto.offset.reset"] = "latest"
    let logger = program.logger("demo")
    consumer = try KafkaConsumer(kafka, groupID: "waybill-demo-\(UUID().uuidString)", logger: logger)
    self.show = show
    let admin = try KafkaAdmin(kafka, logger: logger)
    let partitions = try await admin.topics().filter { topics.contains($0.name) }.flatMap { topic in
      topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.id) }
    }
    await admin.close()
    guard !partitions.isEmpty else {
      throw Complaint("The broker has none of our topics: run `waybill topics apply` first.")
    }
    try await consumer.assign(partitions)
    // Where "now" is must be known before the first event is caused.
    for partition in partitions { _ = try await consumer.lag()[partition] }
  }

  func run() async {
    do {
      for try await batch in consumer.batches {
        for record in batch { note(record) }
      }
    } catch {
      show("the watch on the broker broke: \(error)")
    }
  }

  func close() async { await consumer.close() }

  private func note(_ record: ConsumerRecord) {
    let headers = Dictionary(
      record.headers.map { ($0.name, String(decoding: $0.value ?? [], as: UTF8.self)) },
      uniquingKeysWith: { first, _ in first })
    let sighting = Sighting(
      record: ProducerRecord(
        topic: record.topic, partition: record.partition, key: record.key, value: record.value,
        headers: record.headers),
      type: headers["ce_type"] ?? "?", id: headers["ce_id"] ?? "?",
      correlationID: headers["ce_correlationid"] ?? "?",
      payload: String(decoding: record.value ?? [], as: UTF8.self))
    if state.withLock({ !$0.sightings.contains { $0.id == sighting.id } }) {
      let place = "\(record.topic)[\(record.partition)]@\(record.offset)"
      show("  \(sighting.type.padding(to: 25)) \(place.padding(to: 28)) \(sighting.payload)")
    }
    let resumed = state.withLock { state in
      state.sightings.append(sighting)
      let resumed = state.waiters.filter { $0.matches(sighting) }
      state.waiters.removeAll { waiter in resumed.contains { $0.id == waiter.id } }
      return resumed
    }
    for waiter in resumed { waiter.resume.resume(returning: sighting) }
  }

  func count(_ matches: (Sighting) -> Bool) -> Int {
    state.withLock { $0.sightings.filter(matches).count }
  }

  /// The ids of the events that match: what was sent twice is counted once.
  func ids(_ matches: (Sighting) -> Bool) -> Set<String> {
    state.withLock { Set($0.sightings.filter(matches).map(\.id)) }
  }

  /// The first event of this type that mentions `text`, seen already or within 20 s; nil otherwise.
  func wait(for type: String, mentioning text: String) async -> Sighting? {
    let matches: @Sendable (Sighting) -> Bool = { $0.type == type && $0.payload.contains(text) }
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    let deadline = Task {
      try await Task.sleep(for: .seconds(20))
      let late = state.withLock { state in
        let late = state.waiters.filter { $0.id == id }
        state.waiters.removeAll { $0.id == id }
        return late
      }
      for waiter in late { waiter.resume.resume(returning: nil) }
    }
    defer { deadline.cancel() }
    return await withCheckedContinuation { continuation in
      let seen = state.withLock { state -> Sighting? in
        if let seen = state.sightings.first(where: matches) { return seen }
        state.waiters.append((matches, continuation, id))
        return nil
      }
      if let seen { continuation.resume(returning: seen) }
    }
  }
}
