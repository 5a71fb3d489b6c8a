/// As many slow calls of a dependency are under way already as may: this one was given up when it turned out slow.
public struct TooManySlowCalls: Error, Hashable, CustomStringConvertible, NotCalled {
  /// The bulkhead's name: the dependency.
  public let name: String

  public init(name: String) {
    self.name = name
  }

  public var description: String {
    "\(name) was slow to answer, and as many slow calls as may wait for it already. Try again later."
  }
}

/// As many calls of a dependency wait already as may: it was not called.
public struct BulkheadFull: Error, Hashable, CustomStringConvertible, NotCalled {
  /// The bulkhead's name: the dependency.
  public let name: String

  public init(name: String) {
    self.name = name
  }

  public var description: String {
    "\(name) was not called, because too many calls wait for it already. Try again later."
  }
}
