/// A topic to be created.
public struct NewTopic: Hashable, Sendable {
  public var name: String
  public var partitions: Int32
  /// -1 leaves it to the brokers.
  public var replicationFactor: Int32
  /// Kafka's topic configuration, such as `retention.ms`.
  public var configuration: [String: String]

  public init(
    _ name: String, partitions: Int32, replicationFactor: Int32 = -1,
    configuration: [String: String] = [:]
  ) {
    self.name = name
    self.partitions = partitions
    self.replicationFactor = replicationFactor
    self.configuration = configuration
  }
}

/// A topic as the brokers know it.
public struct TopicDescription: Hashable, Sendable {
  public var name: String
  public var partitions: [Partition]

  public struct Partition: Hashable, Sendable {
    public var id: Int32
    /// -1 while there is none.
    public var leader: Int32
    public var replicas: [Int32]
    public var inSyncReplicas: [Int32]
  }
}

/// One setting of a topic.
public struct TopicSetting: Hashable, Sendable {
  /// Nil when unset or sensitive.
  public var value: String?
  public var isDefault: Bool
  public var isReadOnly: Bool
}
