/// The batches of a consumer, for as long as it is open. Throws only when the client is finished;
/// ends when the consumer is closed or the task cancelled.
public struct ConsumerBatches: AsyncSequence, Sendable {
  public typealias Element = ConsumerBatch
  public typealias Failure = KafkaError

  let consumer: KafkaConsumer

  public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

  public struct Iterator: AsyncIteratorProtocol {
    let consumer: KafkaConsumer

    public mutating func next() async throws(KafkaError) -> ConsumerBatch? {
      try await consumer.mailbox.nextBatch()
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(KafkaError) -> ConsumerBatch? {
      try await consumer.mailbox.nextBatch()
    }
  }
}
