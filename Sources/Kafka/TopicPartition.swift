/// One partition of one topic: the unit of order, assignment and offsets.
public struct TopicPartition: Hashable, Sendable {
  public var topic: String
  public var partition: Int32

  public init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}

extension TopicPartition: CustomStringConvertible {
  public var description: String { "\(topic)[\(partition)]" }
}

extension TopicPartition: Comparable {
  public static func < (one: Self, other: Self) -> Bool {
    (one.topic, one.partition) < (other.topic, other.partition)
  }
}
