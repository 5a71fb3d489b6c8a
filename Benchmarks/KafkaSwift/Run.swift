import Kafka
import Logging

struct Run {
  let bootstrap: String
  let topic: String
  let count: Int
  let size: Int
  let batch: Int

  init(_ arguments: [String]) {
    bootstrap = arguments[1]
    topic = arguments[2]
    count = Int(arguments[3]) ?? 1_000_000
    size = Int(arguments[4]) ?? 200
    batch = arguments.count > 5 ? Int(arguments[5]) ?? 1000 : 1000
  }

  struct Failure: Error {}

  /// Several batches at once, as an outbox or many requests would send them; every result checked.
  func produce(_ logger: Logger) async throws -> Double {
    let producer = try KafkaProducer(KafkaConfiguration(bootstrapServers: bootstrap), logger: logger)
    let value = [UInt8](repeating: UInt8(ascii: "x"), count: size)
    // Formatting numbers and finding the topic's leaders is not what is measured.
    let keys = (0..<count).map { Array("key-\($0)".utf8) }
    _ = try await producer.send(ProducerRecord(topic: topic, partition: 0, value: value))
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      let senders = 64
      for sender in 0..<senders {
        group.addTask {
          // Of its own: one array for all would have every core count references in one place.
          let value = [UInt8](repeating: UInt8(ascii: "x"), count: size)
          var first = sender * batch
          while first < count {
            let records = keys[first..<min(first + batch, count)].map { key in
              ProducerRecord(topic: topic, key: key, value: value)
            }
            for result in await producer.send(records) {
              guard case .success(let place) = result, place.offset >= 0 else { throw Failure() }
            }
            first += senders * batch
          }
        }
      }
      try await group.waitForAll()
    }
    let rate = Double(count) / seconds(since: start)
    await producer.close()
    return rate
  }

  func consume(_ logger: Logger) async throws -> Double {
    let consumer = try KafkaConsumer(
      KafkaConfiguration(bootstrapServers: bootstrap, properties: ["fetch.wait.max.ms": "1"]),
      groupID: "benchmark-swift", maximumBatch: 5 * batch, logger: logger)
    try await consumer.assign((0..<64).map { TopicPartition(topic: topic, partition: $0) })
    var seen = 0
    var bytes = 0
    var start: ContinuousClock.Instant?
    for try await batch in consumer.batches {
      if start == nil { start = .now }
      for record in batch {
        bytes += record.withValue { $0?.count ?? 0 } + record.withKey { $0?.count ?? 0 }
      }
      seen += batch.count
      if seen >= count { break }
    }
    guard let start, bytes > 0 else { throw Failure() }
    let rate = Double(count) / seconds(since: start)
    await consumer.close()
    return rate
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
