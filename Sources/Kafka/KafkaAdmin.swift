internal import CRdKafka
public import Logging
internal import Synchronization

/// Creates and looks at topics and groups. Every call ends within the time-out.
public final class KafkaAdmin: Sendable {
  let timeout: Duration
  private let handle: Mutex<ClientHandle?>
  private let lifetime: Lifetime
  private let logger: Logger

  public init(
    _ configuration: KafkaConfiguration, timeout: Duration = .seconds(10), logger: Logger
  ) throws(KafkaError) {
    let conf = try configuration.makeNative([])
    let handle = try ClientHandle(.producer, conf, configuration, logger: logger)
    self.timeout = timeout
    self.logger = logger
    lifetime = handle.lifetime
    self.handle = Mutex(handle)
  }

  /// Calls that are going on end first. May be called again.
  public func close() async {
    handle.withLock { $0 = nil }
    await lifetime.end(logger: logger)
  }

  /// Runs a blocking question on a thread of its own.
  func ask<Value: Sendable>(
    _ body: @escaping @Sendable (ClientHandle) throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    guard let handle = handle.withLock({ $0 }) else { throw .closed("admin client") }
    return try await SystemThread.run("kafka-admin") { () -> Result<Value, KafkaError> in
      do throws(KafkaError) { return .success(try body(handle)) } catch { return .failure(error) }
    }.get()
  }

  /// Sends one request of librdkafka's admin API and reads its answer.
  func request<Value: Sendable>(
    _ operation: rd_kafka_admin_op_t, _ doing: String,
    _ send:
      @escaping @Sendable (_ rk: OpaquePointer, _ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
    _ read: @escaping @Sendable (_ event: OpaquePointer) throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    let limit = timeout.wholeMilliseconds
    return try await ask { handle throws(KafkaError) in
      let options = rd_kafka_AdminOptions_new(handle.rk, operation)
      let queue = rd_kafka_queue_new(handle.rk)
      defer {
        rd_kafka_queue_destroy(queue)
        rd_kafka_AdminOptions_destroy(options)
      }
      rd_kafka_AdminOptions_set_request_timeout(options, limit, nil, 0)
      send(handle.rk, options, queue)
      // librdkafka answers by itself at its time-out; ours, a little later, is for when it does not.
      guard let event = rd_kafka_queue_poll(queue, limit + 1000) else {
        throw KafkaError(.timedOut, "\(doing): no answer from the brokers")
      }
      defer { rd_kafka_event_destroy(event) }
      let error = rd_kafka_event_error(event)
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
        throw KafkaError(.init(error), "\(doing): \(String(cString: rd_kafka_event_error_string(event)))")
      }
      return try read(event)
    }
  }
}
