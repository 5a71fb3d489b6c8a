internal import CRdKafka
internal import Logging
internal import Synchronization

/// One librdkafka client, alive as long as somebody holds it: whoever calls librdkafka or keeps
/// one of its messages keeps the handle, so nothing is ever used after it was destroyed and
/// destroying (which waits for every message) never waits.
///
/// `@unchecked Sendable`: the pointers never change after `init`, and librdkafka's own calls on
/// them are thread-safe except those named in `ConsumerLoop`, which keeps them on one thread.
final class ClientHandle: @unchecked Sendable {
  enum Kind { case producer, consumer }

  let rk: OpaquePointer
  /// Where events and callbacks arrive: the main queue, or a consumer's own.
  let queue: OpaquePointer
  let callbacks: ClientCallbacks
  let lifetime = Lifetime()
  private let topics = Mutex<[String: Topic]>([:])

  /// Creates the client, consuming `conf` in every case.
  init(
    _ kind: Kind, _ conf: OpaquePointer, _ configuration: KafkaConfiguration, logger: Logger
  ) throws(KafkaError) {
    callbacks = ClientCallbacks(configuration, logger: logger)
    callbacks.install(in: conf)
    var reason = [CChar](repeating: 0, count: 512)
    let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
    guard let rk = rd_kafka_new(type, conf, &reason, reason.count) else {
      // On failure librdkafka leaves the configuration with us.
      rd_kafka_conf_destroy(conf)
      let text = String(terminated: reason)
      throw KafkaError(.invalidArgument, configuration.redacted(text))
    }
    self.rk = rk
    if kind == .consumer { rd_kafka_poll_set_consumer(rk) }
    queue = kind == .consumer ? rd_kafka_queue_get_consumer(rk) : rd_kafka_queue_get_main(rk)
    callbacks.start(self)
  }

  deinit {
    // On a thread of its own: the last holder may be anybody, even a task on the pool. The
    // callbacks stay alive until librdkafka can no longer call them.
    let parts = Parts(rk: rk, queue: queue, topics: topics.withLock { Array($0.values) })
    SystemThread.run("kafka-destroy") { [callbacks, lifetime] in
      for topic in parts.topics { rd_kafka_topic_destroy(topic.pointer) }
      rd_kafka_queue_destroy(parts.queue)
      // A consumer has been closed by its thread. Closing it again here would run a callback with
      // nobody to answer it, and after a fatal error never end.
      rd_kafka_destroy_flags(parts.rk, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
      withExtendedLifetime(callbacks) { lifetime.gone.open() }
    }
  }

  /// The cached topic handle, which also makes librdkafka ask for the topic's leaders early.
  func topic(_ name: String) -> Topic? {
    topics.withLock { topics in
      if let topic = topics[name] { return topic }
      guard let pointer = rd_kafka_topic_new(rk, name, nil) else { return nil }
      let topic = Topic(pointer: pointer)
      topics[name] = topic
      return topic
    }
  }

  /// Ends a blocked poll of `queue`, or the next one.
  func wake() { rd_kafka_queue_yield(queue) }

  /// Set once the client can do no more work.
  var fatalError: KafkaError? {
    guard rd_kafka_fatal_error(rk, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    var reason = [CChar](repeating: 0, count: 512)
    let error = rd_kafka_fatal_error(rk, &reason, reason.count)
    let text = String(terminated: reason)
    return KafkaError(.init(error), text, isRetriable: false, isFatal: true)
  }

  /// `@unchecked Sendable`: a pointer into the handle, valid as long as the handle.
  struct Topic: @unchecked Sendable { let pointer: OpaquePointer }

  /// `@unchecked Sendable`: the last owner on its way to the thread that destroys.
  private struct Parts: @unchecked Sendable {
    let rk: OpaquePointer
    let queue: OpaquePointer
    let topics: [Topic]
  }
}

/// What is left to know about a client after it was let go.
final class Lifetime: Sendable {
  /// Opens when librdkafka has destroyed the client.
  let gone = Gate()
  /// Batches the application still holds; they keep the client from being destroyed.
  let heldBatches = Atomic<Int>(0)

  /// Waits for the end without blocking, and not for ever.
  func end(logger: Logger) async {
    await SystemThread.run("kafka-close") { [self] in
      if !gone.block(until: .now + .seconds(5)) {
        logger.error("librdkafka does not let go of a client; it is left behind")
      }
    }
  }
}
