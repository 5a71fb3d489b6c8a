internal import CRdKafka
public import Logging

/// Sends records: idempotent, acknowledged by all replicas, in order per key.
///
/// A full local queue makes senders wait, never fail. Cancelling a task that sends only stops the
/// waiting: the message cannot be called back. A producer that is dropped without `close()` gives
/// up what is still on its way.
public final class KafkaProducer: Sendable {
  private let loop: ProducerLoop
  private let lifetime: Lifetime

  /// Connects in the background; an unreachable broker shows when something is sent.
  public init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
    let conf = try configuration.makeNative(KafkaConfiguration.producerDefaults)
    rd_kafka_conf_set_events(conf, Int32(RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR))
    let handle = try ClientHandle(.producer, conf, configuration, logger: logger)
    lifetime = handle.lifetime
    loop = ProducerLoop(handle, logger: logger)
  }

  deinit {
    // Nobody can be waiting: a waiting sender holds the producer.
    Task { [loop] in await loop.close(within: .zero) }
  }

  /// Returns when all in-sync replicas have the record.
  public func send(_ record: ProducerRecord) async throws(KafkaError) -> RecordMetadata {
    try await send([record])[0].get()
  }

  /// Sends many at the cost of one wait. Results are in the order of the records; one record's
  /// failure says nothing about the others, but records of one key are never reordered.
  public func send(_ records: [ProducerRecord]) async -> [Result<RecordMetadata, KafkaError>] {
    guard !records.isEmpty else { return [] }
    let batch = SendBatch(records)
    do throws(KafkaError) {
      try loop.accept(batch)
    } catch {
      batch.abandon()
      return Array(repeating: .failure(error), count: records.count)
    }
    guard await batch.wait() else { return batch.detachedResults() }
    return batch.results(fatal: loop.fatalError)
  }

  /// Set once the client can do no more: close it and build a new one.
  public var fatalError: KafkaError? { loop.fatalError }

  /// Messages handed over and not yet reported: waiting, in flight, or just acknowledged.
  public var inFlight: Int {
    loop.state.withLock { state in state.handle.map { Int(rd_kafka_outq_len($0.rk)) } ?? 0 }
  }

  /// Returns when everything sent so far is acknowledged or has failed.
  public func flush() async {
    await SystemThread.run("kafka-flush") { [loop] in loop.flush() }
  }

  /// Gives what is on its way that long to arrive, then fails the rest. May be called again.
  public func close(within limit: Duration = .seconds(5)) async {
    await loop.close(within: limit)
    await lifetime.end(logger: loop.logger)
  }

  /// Makes librdkafka behave as after a fatal error.
  func failFatally(_ code: KafkaError.Code, _ reason: String) {
    loop.state.withLock { state in
      if let handle = state.handle { _ = rd_kafka_test_fatal_error(handle.rk, code.error, reason) }
    }
  }
}
