extension KafkaConfiguration {
  typealias Properties = [(name: String, value: String)]

  static let clientDefaults: Properties = [
    // Nagle holds small requests back for an acknowledgement that is itself delayed.
    ("socket.nagle.disable", "true")
  ]

  static let producerDefaults: Properties = [
    // Implies acks=all, retries and at most five requests in flight.
    ("enable.idempotence", "true"),
    ("linger.ms", "5"),
  ]

  static let consumerDefaults: Properties = [
    // Offsets are committed by whoever knows that the work is done.
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "earliest"),
    // Once this many messages wait, librdkafka 2.0.2 stops fetching for up to a second. Out of
    // reach, so that memory is bounded by size alone, which is the next line.
    ("queued.min.messages", "10000000"),
    ("queued.max.messages.kbytes", "16384"),
    // One assignor only: a group whose members list different first choices cannot agree.
    // Eager, because cooperative rebalancing loops and crashes in 2.0.2.
    ("partition.assignment.strategy", "range"),
  ]

  /// What this library relies on. Set to anything else, sends would wait for ever.
  static let reserved: [String: String] = [
    "delivery.report.only.error": "false",
    "log.queue": "false",
  ]
}
