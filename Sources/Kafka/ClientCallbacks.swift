internal import CRdKafka
internal import Logging
internal import Synchronization

/// What librdkafka calls back for every kind of client: its log, its errors, its wish for a token.
///
/// The C callbacks reach this object through the configuration's opaque, unretained: the handle
/// keeps it until `rd_kafka_destroy` has returned, after which no callback can come. Freed
/// earlier, a late log line would touch dead memory.
final class ClientCallbacks: Sendable {
  let logger: Logger
  private let configuration: KafkaConfiguration
  private let targets = Mutex(Targets())

  private struct Targets {
    weak var handle: ClientHandle?
    weak var consumer: ConsumerThread?
  }

  init(_ configuration: KafkaConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  func install(in conf: OpaquePointer) {
    rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
    rd_kafka_conf_set_log_cb(conf) { rk, level, facility, text in
      guard let rk, let facility, let text else { return }
      ClientCallbacks.of(rk)?.log(level, String(cString: facility), String(cString: text))
    }
    // Errors also arrive here for consumers, whose queue serves callbacks and not events.
    rd_kafka_conf_set_error_cb(conf) { rk, error, reason, _ in
      guard let rk, let reason else { return }
      ClientCallbacks.of(rk)?.report(.init(rd_kafka_resp_err_t(error)), String(cString: reason))
    }
    if configuration.oauthToken != nil {
      rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf) { rk, _, _ in
        guard let rk else { return }
        ClientCallbacks.of(rk)?.refreshToken()
      }
      // Served by librdkafka's own thread: a consumer that is not polled must stay logged in.
      rd_kafka_conf_enable_sasl_queue(conf, 1)
    }
  }

  func start(_ handle: ClientHandle) {
    targets.withLock { $0.handle = handle }
    guard configuration.oauthToken != nil else { return }
    if let error = KafkaError(consuming: rd_kafka_sasl_background_callbacks_enable(handle.rk)) {
      logger.error("OAUTHBEARER tokens cannot be refreshed", metadata: ["error": "\(error)"])
    }
  }

  /// The thread whose polls call back, for consumers.
  var consumer: ConsumerThread? {
    get { targets.withLock { $0.consumer } }
    set { targets.withLock { $0.consumer = newValue } }
  }

  static func of(_ rk: OpaquePointer) -> ClientCallbacks? {
    rd_kafka_opaque(rk).map { Unmanaged<ClientCallbacks>.fromOpaque($0).takeUnretainedValue() }
  }

  /// A broker that is away is told once by the log and again as an error: neither is thrown.
  func report(_ code: KafkaError.Code, _ reason: String) {
    let level: Logger.Level = code == .fatal ? .error : code.isTransient ? .notice : .warning
    var metadata: Logger.Metadata = [
      "kafka.code": "\(code)", "kafka.reason": "\(configuration.redacted(reason))",
    ]
    if let advice = configuration.advice(on: code) { metadata["kafka.advice"] = "\(advice)" }
    guard code == .allBrokersDown else {
      return logger.log(level: level, "Kafka reports an error", metadata: metadata)
    }
    metadata["kafka.brokers"] = "\(configuration.bootstrapServers)"
    logger.log(level: level, "Waiting for a broker: none answers", metadata: metadata)
  }

  private func log(_ level: Int32, _ facility: String, _ text: String) {
    // Numbered as in syslog. A fatal error is routine: the owner builds a new client.
    let levels: [Logger.Level] = [.error, .error, .error, .error, .warning, .notice, .info, .debug]
    // One configuration serves producers and consumers: what only the other kind reads is no warning.
    let isForTheOtherKind = facility == "CONFWARN" && text.contains("property and will be ignored by this")
    logger.log(
      level: isForTheOtherKind ? .debug : levels[min(max(Int(level), 0), 7)],
      "\(configuration.redacted(text))",
      metadata: ["kafka.facility": "\(facility)"])
  }

  private func refreshToken() {
    guard let provider = configuration.oauthToken else { return }
    Task { [logger, handle = targets.withLock { $0.handle }] in
      guard let handle else { return }
      do {
        try handle.setToken(await provider())
      } catch {
        logger.error("No OAUTHBEARER token", metadata: ["error": "\(error)"])
        rd_kafka_oauthbearer_set_token_failure(handle.rk, "the token provider failed")
      }
    }
  }
}

extension ClientHandle {
  fileprivate func setToken(_ token: OAuthBearerToken) throws(KafkaError) {
    // Name, value, name, value.
    let extensions = token.extensions.flatMap { [$0.key, $0.value] }.map { $0.copied() }
    defer { for text in extensions { text.deallocate() } }
    var pointers = extensions.map { UnsafePointer($0.baseAddress) }
    var reason = [CChar](repeating: 0, count: 512)
    let error = rd_kafka_oauthbearer_set_token(
      rk, token.value, token.expiresAt, token.principal, &pointers, pointers.count, &reason,
      reason.count)
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    // The reason may quote the token.
    rd_kafka_oauthbearer_set_token_failure(rk, "the token was refused")
    throw KafkaError(.init(error), "the OAUTHBEARER token was refused")
  }
}
