/// One kind of fact on the wire: its name, how far it can be spread, how long it stays readable.
public struct Topic: Hashable, Sendable {
  public let name: String
  /// How many instances of a consumer can share it; order holds per key, never across partitions.
  public let partitions: Int32
  /// How long the broker keeps a message.
  public let retention: Duration

  public init(_ name: String, partitions: Int32 = 12, retention: Duration = .seconds(7 * 86_400)) {
    self.name = name
    self.partitions = partitions
    self.retention = retention
  }

  /// Where a service announces what it could not handle. The table behind it holds the messages whole.
  public static func deadLetters(of service: String) -> Topic {
    Topic("\(service).dead-letters", partitions: 1, retention: .seconds(30 * 86_400))
  }
}
