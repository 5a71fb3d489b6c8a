/// A change of what this consumer reads, told while it happens.
public enum Rebalance: Sendable, Hashable {
  /// These are ours from now on. Their records come after the handler has returned.
  case assigned([TopicPartition])
  /// These go to another member once the handler has returned: commit what is done.
  case revoked([TopicPartition])
  /// These went to another member already; committing them would be refused.
  case lost([TopicPartition])
}
