internal import CRdKafka

extension KafkaError {
  /// librdkafka's own error numbers: negative ones are the client's, positive ones the broker's.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ error: rd_kafka_resp_err_t) { rawValue = error.rawValue }
    var error: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: rawValue) }
  }
}

extension KafkaError.Code {
  // The client's.
  public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
  public static let resolve = Self(RD_KAFKA_RESP_ERR__RESOLVE)
  public static let messageTimedOut = Self(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
  public static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
  public static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
  public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
  public static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
  public static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
  public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
  public static let ssl = Self(RD_KAFKA_RESP_ERR__SSL)
  public static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
  public static let noOffset = Self(RD_KAFKA_RESP_ERR__NO_OFFSET)
  /// The partition is not assigned to this consumer, or not yet.
  public static let wrongState = Self(RD_KAFKA_RESP_ERR__STATE)
  public static let unsupportedFeature = Self(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
  public static let purgedFromQueue = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
  public static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
  public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
  public static let maxPollExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
  public static let partitionEnd = Self(RD_KAFKA_RESP_ERR__PARTITION_EOF)
  public static let noCommittedOffset = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
  /// Called after `close()`.
  public static let closed = Self(RD_KAFKA_RESP_ERR__DESTROY)
  /// The task that waited was cancelled. What it waited for goes on without it.
  public static let cancelled = Self(RD_KAFKA_RESP_ERR__INTR)

  // The broker's.
  public static let offsetOutOfRange = Self(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
  public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
  public static let leaderNotAvailable = Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
  public static let notLeader = Self(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
  public static let requestTimedOut = Self(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
  public static let brokerNotAvailable = Self(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE)
  public static let messageSizeTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
  public static let coordinatorLoading = Self(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS)
  public static let coordinatorNotAvailable = Self(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)
  public static let notCoordinator = Self(RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
  public static let notEnoughReplicas = Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)
  public static let notEnoughReplicasAfterAppend = Self(
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND)
  public static let illegalGeneration = Self(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
  public static let unknownMember = Self(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
  public static let rebalanceInProgress = Self(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
  public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
  public static let groupAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
  public static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
  public static let invalidReplicationFactor = Self(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
  public static let unsupportedVersion = Self(RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION)
}

extension KafkaError.Code: CustomStringConvertible {
  /// librdkafka's name for it, such as `_MSG_TIMED_OUT`.
  public var description: String { String(cString: rd_kafka_err2name(error)) }

  var text: String { String(cString: rd_kafka_err2str(error)) }
}
