internal import CRdKafka

extension KafkaConfiguration {
  /// Translates to librdkafka's own configuration object, which the caller then owns.
  /// Order: our defaults, the caller's properties, what this client cannot do without.
  func makeNative(_ defaults: Properties, forced: Properties = []) throws(KafkaError) -> OpaquePointer {
    guard let conf = rd_kafka_conf_new() else { throw KafkaError(.fatal, "out of memory") }
    do throws(KafkaError) {
      for (name, value) in Self.clientDefaults + defaults { try set(conf, name, value) }
      try set(conf, "bootstrap.servers", bootstrapServers)
      for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
        if let needed = Self.reserved[name], value != needed {
          throw KafkaError(.invalidArgument, "the property \(name) must stay \(needed)")
        }
        try set(conf, name, value)
      }
      for (name, value) in forced { try set(conf, name, value) }
    } catch {
      rd_kafka_conf_destroy(conf)
      throw error
    }
    return conf
  }

  private func set(_ conf: OpaquePointer, _ name: String, _ value: String) throws(KafkaError) {
    // librdkafka's own message quotes the value, which may be a password: not used.
    switch rd_kafka_conf_set(conf, name, value, nil, 0) {
    case RD_KAFKA_CONF_OK: return
    case RD_KAFKA_CONF_UNKNOWN:
      throw KafkaError(.invalidArgument, "there is no property \(name)")
    default:
      throw KafkaError(.invalidArgument, "the property \(name) does not take the value it was given")
    }
  }

  /// Blots out secret values in a text that comes from librdkafka.
  func redacted(_ text: String) -> String {
    let secret = ["password", "secret", "jaas", "pem", "oauthbearer.config"]
    return properties.reduce(text) { text, property in
      let isSecret = !property.value.isEmpty && secret.contains { property.key.contains($0) }
      return isSecret ? text.replacing(property.value, with: "***") : text
    }
  }
}

/// What librdkafka itself reads from the finished object, defaults included.
func property(_ name: String, of conf: OpaquePointer) -> String? {
  var size = 0
  guard rd_kafka_conf_get(conf, name, nil, &size) == RD_KAFKA_CONF_OK, size > 0 else { return nil }
  var text = [CChar](repeating: 0, count: size)
  guard rd_kafka_conf_get(conf, name, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
  return String(terminated: text)
}
