public import Kafka

/// Which broker a service speaks to, chosen once for the whole program.
public struct Wire: Sendable {
  public let kafka: KafkaConfiguration
  /// Set when the broker lives in this process: it forgets on restart, so what was consumed is tracked here.
  public let embedded: EmbeddedLedger?

  /// A Kafka cluster of its own: services join consumer groups.
  public init(cluster: KafkaConfiguration) {
    kafka = cluster
    embedded = nil
  }

  /// The embedded broker, with every consumer in this process: each takes all partitions for itself.
  public init(embedded bootstrapServers: String, ledger: EmbeddedLedger) {
    // The embedded broker wakes no waiting fetch for new data: an empty fetch must come back at once.
    kafka = KafkaConfiguration(
      bootstrapServers: bootstrapServers, properties: ["fetch.wait.max.ms": "1"])
    embedded = ledger
  }
}
