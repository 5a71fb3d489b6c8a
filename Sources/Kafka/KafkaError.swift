internal import CRdKafka

/// What went wrong between us and Kafka, in words for people and a code for programs.
public struct KafkaError: Error, Sendable, Hashable {
  public var code: Code
  /// What happened and where. Never contains the value of a configuration property.
  public var reason: String
  /// The same call may succeed later.
  public var isRetriable: Bool
  /// The client this came from is finished: build a new one.
  public var isFatal: Bool
  public var persistence: Persistence

  /// Whether a message that failed may be in the log all the same.
  public enum Persistence: Sendable, Hashable {
    case notPersisted, possiblyPersisted, persisted
    /// The error is not about a message.
    case notApplicable
  }

  public init(
    _ code: Code, _ reason: String? = nil, isRetriable: Bool? = nil, isFatal: Bool = false,
    persistence: Persistence = .notApplicable
  ) {
    self.code = code
    self.reason = reason ?? code.text
    self.isRetriable = isRetriable ?? (code.isTransient && !isFatal)
    self.isFatal = isFatal
    self.persistence = persistence
  }
}

extension KafkaError: CustomStringConvertible {
  public var description: String {
    var text = "Kafka: \(reason) (\(code))"
    if isFatal { text += ". The client is finished; build a new one" }
    if let advice = code.advice { text += ". " + advice }
    return text
  }
}

extension KafkaError {
  /// Takes over an error object and destroys it; nil stays nil.
  init?(consuming error: OpaquePointer?) {
    guard let error else { return nil }
    defer { rd_kafka_error_destroy(error) }
    self.init(
      Code(rd_kafka_error_code(error)), String(cString: rd_kafka_error_string(error)),
      isRetriable: rd_kafka_error_is_retriable(error) != 0 ? true : nil,
      isFatal: rd_kafka_error_is_fatal(error) != 0)
  }

  /// Nil for success.
  init?(_ error: rd_kafka_resp_err_t, _ context: @autoclosure () -> String? = nil) {
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    let code = Code(error)
    self.init(code, context().map { "\($0): \(code.text)" })
  }

  static func closed(_ what: String) -> KafkaError {
    KafkaError(.closed, "the \(what) is closed", isRetriable: false)
  }
}
