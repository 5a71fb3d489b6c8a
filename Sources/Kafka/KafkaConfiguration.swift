internal import CRdKafka

/// Where Kafka is and how to talk to it.
public struct KafkaConfiguration: Sendable {
  /// `host:port`, several separated by commas.
  public var bootstrapServers: String
  /// Any librdkafka property by its own name; wins over the defaults of this library.
  public var properties: [String: String]
  /// Gives a fresh token whenever SASL OAUTHBEARER needs one. Called again before it expires,
  /// and after ten seconds when it throws.
  public var oauthToken: (@Sendable () async throws -> OAuthBearerToken)?

  /// What whoever sets a property knows it by: advice calls it so.
  public var nameOfProperty: @Sendable (_ property: String) -> String = { $0 }

  public init(bootstrapServers: String, properties: [String: String] = [:]) {
    self.bootstrapServers = bootstrapServers
    self.properties = properties
  }

  /// The librdkafka this process runs on, such as `2.0.2`.
  public static var librdkafkaVersion: String { String(cString: rd_kafka_version_str()) }
}

/// A token for SASL OAUTHBEARER and how long it lives.
public struct OAuthBearerToken: Sendable {
  public var value: String
  /// Milliseconds since 1970.
  public var expiresAt: Int64
  public var principal: String
  public var extensions: [String: String]

  public init(
    value: String, expiresAt: Int64, principal: String, extensions: [String: String] = [:]
  ) {
    self.value = value
    self.expiresAt = expiresAt
    self.principal = principal
    self.extensions = extensions
  }
}
