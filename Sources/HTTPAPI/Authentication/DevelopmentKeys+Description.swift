// Whatever prints, dumps or mirrors it must not see the private key.
extension DevelopmentKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "development keys" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
