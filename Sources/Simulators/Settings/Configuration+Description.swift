// What is secret in a configuration is not in what it says of itself, nor in what a mirror shows.

extension SourceConfiguration: CustomStringConvertible, CustomReflectable {
  public var description: String { "a source simulator on \(host), port \(port)" }

  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension TargetConfiguration: CustomStringConvertible, CustomReflectable {
  public var description: String { "a target simulator on \(host), port \(port)" }

  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
