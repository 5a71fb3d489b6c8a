extension KafkaConfiguration {
  /// What to do about brokers that cannot be spoken to; nil where the error says it all.
  func advice(on code: KafkaError.Code) -> String? {
    let name = nameOfProperty
    switch code {
    case .ssl:
      return
        "The broker's certificate was not accepted, or ours was not. \(name("ssl.ca.location")) must name a file "
        + "with the certificate of the authority that signed it, and \(name("bootstrap.servers")) must be a name it has"
    case .authentication:
      return
        "The broker does not accept who this is: check \(name("sasl.mechanism")), \(name("sasl.username")) and "
        + name("sasl.password")
    case .allBrokersDown:
      return "It is tried again until one answers; \(name("bootstrap.servers")) says where they are"
    default: return nil
    }
  }
}
