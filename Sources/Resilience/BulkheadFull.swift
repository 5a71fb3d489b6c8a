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
