import Kafka
import Logging
import Testing

/// Set KAFKA_TEST_LOG=debug to see what librdkafka says.
let testLogger: Logger = {
  var logger = Logger(label: "kafka-tests")
  logger.logLevel = .critical
  return logger
}()

/// A broker of its own for every test, with a topic `t` and clients that know where it is.
struct Bench {
  let broker: EmbeddedBroker

  init(partitions: Int32 = 1, brokers: Int = 1) throws {
    broker = try EmbeddedBroker(brokers: brokers, logger: testLogger)
    try broker.createTopic("t", partitions: partitions)
  }

  func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
    // The embedded broker never wakes a waiting fetch.
    let fast = [
      "fetch.wait.max.ms": "1", "linger.ms": "0", "reconnect.backoff.ms": "10",
      "reconnect.backoff.max.ms": "50",
    ]
    return KafkaConfiguration(
      bootstrapServers: broker.bootstrapServers, properties: fast.merging(properties) { $1 })
  }

  func producer(_ properties: [String: String] = [:]) throws -> KafkaProducer {
    var configuration = configuration(properties)
    configuration.properties["fetch.wait.max.ms"] = nil
    return try KafkaProducer(configuration, logger: testLogger)
  }

  func consumer(
    _ group: String = "g", maximumBatch: Int = 1000, _ properties: [String: String] = [:],
    onRebalance: @escaping @Sendable (Rebalance, KafkaConsumer) async -> Void = { _, _ in }
  ) throws -> KafkaConsumer {
    var configuration = configuration(properties)
    configuration.properties["linger.ms"] = nil
    return try KafkaConsumer(
      configuration, groupID: group, maximumBatch: maximumBatch, logger: testLogger,
      onRebalance: onRebalance)
  }

  /// A consumer that reads all of `t` from the beginning.
  func reader(_ partitions: Int32 = 1, maximumBatch: Int = 1000) async throws -> KafkaConsumer {
    let consumer = try consumer("reader", maximumBatch: maximumBatch)
    try await consumer.assign(Self.partitions(partitions))
    return consumer
  }

  static func partitions(_ count: Int32) -> [TopicPartition] {
    (0..<count).map { TopicPartition(topic: "t", partition: $0) }
  }
}

extension KafkaConsumer {
  /// The next records, as many as asked for, read by this closure while they are there.
  func read<Value>(_ count: Int, _ body: (ConsumerRecord) -> Value) async throws -> [Value] {
    var values: [Value] = []
    var batches = batches.makeAsyncIterator()
    while values.count < count, let batch = try await batches.next() {
      values += batch.map(body)
    }
    return values
  }

  func values(_ count: Int) async throws -> [String] {
    try await read(count) { String(decoding: $0.value ?? [], as: UTF8.self) }
  }
}

extension ProducerRecord {
  static func text(_ value: String, key: String? = nil, partition: Int32? = 0) -> ProducerRecord {
    ProducerRecord(
      topic: "t", partition: partition, key: key.map { Array($0.utf8) }, value: Array(value.utf8))
  }
}
