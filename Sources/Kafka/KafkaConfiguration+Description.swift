// Whatever prints, dumps or mirrors a configuration sees which properties are set, never their values:
// there are passwords and keys among them.
extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    let names = properties.keys.sorted().joined(separator: ", ")
    return "Kafka at \(bootstrapServers)\(names.isEmpty ? "" : " with \(names)")"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension OAuthBearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "token of \(principal)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
