internal import CRdKafka
public import Logging
internal import Synchronization

/// A Kafka cluster inside this process: librdkafka's own, a real listener on 127.0.0.1 that any
/// client can connect to. It keeps everything in memory and of every partition only the last
/// 5 MiB, so older records vanish silently. It never wakes a waiting fetch: set
/// `fetch.wait.max.ms` to 1 for consumers that read from it. Unknown topics are created with four
/// partitions.
///
/// Destroyed with `close()` or the last reference.
public final class EmbeddedBroker: Sendable {
  public let bootstrapServers: String
  private let brokers: Int32
  private let cluster: Mutex<Cluster?>

  /// `@unchecked Sendable`: the cluster's functions hand their work to its own thread and wait for
  /// it; the lock around them keeps `close()` from destroying it meanwhile.
  private struct Cluster: @unchecked Sendable {
    let pointer: OpaquePointer
    let handle: ClientHandle
  }

  public init(brokers: Int = 1, logger: Logger) throws(KafkaError) {
    self.brokers = Int32(max(1, brokers))
    var logger = logger
    // Its own client never connects anywhere, and says so.
    logger.logLevel = max(logger.logLevel, .error)
    let conf = try KafkaConfiguration(bootstrapServers: "").makeNative([])
    let handle = try ClientHandle(.producer, conf, KafkaConfiguration(bootstrapServers: ""), logger: logger)
    guard let pointer = rd_kafka_mock_cluster_new(handle.rk, self.brokers),
      let bootstrap = rd_kafka_mock_cluster_bootstraps(pointer)
    else { throw KafkaError(.fatal, "the embedded broker cannot listen") }
    bootstrapServers = String(cString: bootstrap)
    cluster = Mutex(Cluster(pointer: pointer, handle: handle))
  }

  deinit { close() }

  /// Creates a topic; an error when it exists. Now and then it takes a second: the cluster's thread may miss that
  /// it is wanted while it is still busy with the call before, and then sleeps out its poll.
  public func createTopic(_ name: String, partitions: Int32) throws(KafkaError) {
    let error = withCluster { rd_kafka_mock_topic_create($0, name, partitions, 1) }
    guard let error else { throw .closed("broker") }
    if let error = KafkaError(error, "cannot create \(name)") { throw error }
  }

  /// Every connection is cut and every new one refused, until `bringUp()`. Records stay.
  public func takeDown() {
    withCluster { cluster in
      for broker in 1...brokers { rd_kafka_mock_broker_set_down(cluster, broker) }
    }
  }

  public func bringUp() {
    withCluster { cluster in
      for broker in 1...brokers { rd_kafka_mock_broker_set_up(cluster, broker) }
    }
  }

  /// The next requests of this kind are answered with these errors, one each;
  /// `.transport` cuts the connection.
  public func inject(_ codes: [KafkaError.Code], into api: API) {
    let errors = codes.map(\.error)
    withCluster { rd_kafka_mock_push_request_errors_array($0, api.rawValue, errors.count, errors) }
  }

  /// Every answer takes at least that long.
  public func setRoundTripTime(_ time: Duration) {
    withCluster { cluster in
      for broker in 1...brokers {
        rd_kafka_mock_broker_set_rtt(cluster, broker, time.wholeMilliseconds)
      }
    }
  }

  /// Cuts every connection and forgets every record. May be called again.
  public func close() {
    let closing = cluster.withLock { cluster in
      defer { cluster = nil }
      return cluster
    }
    guard let closing else { return }
    // It waits for its thread to end. The client, which must outlive it, goes with the closure.
    SystemThread.run("kafka-broker") {
      rd_kafka_mock_cluster_destroy(closing.pointer)
      withExtendedLifetime(closing.handle) {}
    }
  }

  @discardableResult
  private func withCluster<Value: Sendable>(_ body: (OpaquePointer) -> Value) -> Value? {
    cluster.withLock { cluster in
      guard let cluster else { return nil }
      return body(cluster.pointer)
    }
  }
}

extension EmbeddedBroker {
  /// Kinds of requests, by their numbers in the protocol.
  public enum API: Int16, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
    case initProducerID = 22
  }
}
