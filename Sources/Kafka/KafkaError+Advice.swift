extension KafkaError.Code {
  /// Going on trying is reasonable: the network, the leader or the quorum may come back.
  var isTransient: Bool {
    switch self {
    case .transport, .messageTimedOut, .allBrokersDown, .timedOut, .queueFull, .leaderNotAvailable,
      .notLeader, .requestTimedOut, .brokerNotAvailable, .coordinatorLoading, .resolve,
      .coordinatorNotAvailable, .notCoordinator, .notEnoughReplicas, .rebalanceInProgress,
      .notEnoughReplicasAfterAppend:
      true
    default: false
    }
  }

  /// What a person can do about it.
  var advice: String? {
    switch self {
    case .transport, .allBrokersDown, .resolve, .brokerNotAvailable:
      "Check that bootstrap.servers is right and the brokers are up and reachable"
    case .messageTimedOut:
      "No broker acknowledged the message within message.timeout.ms"
    case .messageSizeTooLarge:
      "Raise message.max.bytes here and max.message.bytes on the topic, or send less"
    case .unknownTopic, .unknownTopicOrPartition:
      "Create the topic, or wait until its metadata has spread"
    case .unknownPartition:
      "The topic has fewer partitions than that"
    case .authentication:
      "Check security.protocol and the sasl and ssl properties"
    case .topicAuthorizationFailed, .groupAuthorizationFailed:
      "Grant this client's principal access to the topic or group"
    case .notEnoughReplicas, .notEnoughReplicasAfterAppend:
      "Too few replicas are in sync for min.insync.replicas"
    case .maxPollExceeded:
      "Ask for batches more often than max.poll.interval.ms, or raise it"
    case .queueFull:
      "The message does not fit the queue at all; raise queue.buffering.max.kbytes"
    case .unsupportedFeature, .unsupportedVersion:
      "This broker cannot do that"
    default: nil
    }
  }
}
