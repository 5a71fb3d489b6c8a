/// A dependency has failed too often of late: it was not called.
public struct CircuitOpen: Error, Hashable, CustomStringConvertible, NotCalled {
  /// The circuit breaker's name: the dependency.
  public let name: String
  /// When a call may be let through again, at the earliest.
  public let retryAfter: Duration

  public init(name: String, retryAfter: Duration) {
    self.name = name
    self.retryAfter = retryAfter
  }

  public var description: String {
    "\(name) was not called, because it has failed too often of late. Try again in \(retryAfter.spoken)."
  }
}

/// Errors that say nothing about the dependency, because it was never asked, or not waited for.
protocol NotCalled: Error {}
