import Foundation

extension Settings {
  /// What may lie in a file that `<NAME>_FILE` names: an environment variable is seen by whoever may inspect the
  /// process or its container.
  private static let secrets = [
    "GATEWAY_TARGET_TOKEN", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_SSL_KEY_PASSWORD",
  ]

  /// The settings of an environment, with its secrets out of their files.
  public init(environment: [String: String]) throws(SettingError) {
    var values = environment
    for key in Self.secrets {
      let name = "\(key)_FILE"
      guard let file = values.removeValue(forKey: name), !file.isEmpty else { continue }
      guard values[key, default: ""].isEmpty else {
        throw SettingError(key: name, expected: "left out when \(key) is set")
      }
      guard let text = Self.text(of: file) else {
        throw SettingError(key: name, expected: "the path of a text file that this process can read")
      }
      // Editors end a file with a line break, which is not part of the secret.
      values[key] = text.trimmingCharacters(in: .newlines)
    }
    self.init(values)
  }

  /// Also of what is no ordinary file: `/dev/null` says that there is no secret.
  private static func text(of file: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.readToEnd() ?? Data() else {
      return nil
    }
    return String(data: data, encoding: .utf8)
  }
}
