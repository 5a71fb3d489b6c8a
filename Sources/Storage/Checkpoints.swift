/// Who moves what is committed from the write-ahead log into the file. There is always exactly one.
public enum Checkpoints: String, Sendable, CaseIterable {
  /// The store's own writing connection.
  case own
  /// A replicator in another process, which has to see each frame of the log before it is reused. The store never
  /// checkpoints then, not even when it is closed.
  case external
}
