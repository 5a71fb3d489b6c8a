import Hosting
import Kafka

extension SettingError {
  /// Which setting librdkafka did not accept, from what it says of its property; never the value.
  init(refusedByKafka error: KafkaError, of cluster: KafkaConfiguration) {
    let reason = error.reason
    let properties =
      reason.hasPrefix("Unsupported SASL mechanism")
      ? ["sasl.mechanism"]
      : reason.matches(of: /[a-z]+(\.[a-z]+)+/).map { String($0.output.0) }
        .filter { cluster.properties[$0] != nil || $0 == "sasl.username" || $0 == "sasl.password" }
    guard let first = properties.first else {
      self.init(key: "KAFKA_<NAME>", expected: "one that librdkafka knows and accepts: \(reason)")
      return
    }
    let expected =
      switch first {
      case "ssl.ca.location": "a file of certificates in PEM that can be read here"
      case "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location":
        "a file that can be read here, in the right format and with the right password"
      case "sasl.mechanism":
        "a mechanism that librdkafka knows: SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or OAUTHBEARER"
      case "sasl.username", "sasl.password": "set: the mechanism needs both"
      default: "one that librdkafka knows and accepts: \(reason)"
      }
    self.init(
      key: properties.map(Settings.name(ofKafkaProperty:)).joined(separator: " and "), expected: expected)
  }
}
