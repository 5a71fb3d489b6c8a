/// An answer that came in time and cannot be used: not what was asked for, not readable, or without end.
public struct UnusableAnswer: Error, Hashable, CustomStringConvertible {
  /// What is wrong with it: "is not JSON".
  public let reason: String

  public init(_ reason: String) {
    self.reason = reason
  }

  public var description: String { "The answer \(reason)." }
}
