internal import CRdKafka
internal import Logging

/// The consumer's own thread. librdkafka 2.0.2 must not be polled for batches while another
/// thread seeks, pauses or rebalances, so everything happens here, one thing at a time: commands
/// first, then, if somebody asked for a batch, one fetch.
///
/// `@unchecked Sendable`: the fields are touched by this thread only. Commands get the object and
/// run here; C callbacks find it through `ClientCallbacks` and come only from polls made here, except
/// `repliesArrived`, which touches nothing but the mailbox.
final class ConsumerThread: @unchecked Sendable {
  typealias OnRebalance = @Sendable (Rebalance, KafkaConsumer) async -> Void

  let handle: ClientHandle
  let mailbox: ConsumerMailbox
  let logger: Logger
  let onRebalance: OnRebalance
  let isCooperative: Bool
  weak var owner: KafkaConsumer?

  var reminder: FetchReminder
  var isSubscribed = false
  var assignment: Set<TopicPartition> = []
  var replies: OpaquePointer?
  var pending: [Int: @Sendable (Result<Void, KafkaError>) -> Void] = [:]
  var lastReply = 0
  /// What is being gathered, for a rebalance inside the same call; afterwards not to be read.
  var isGathering = false
  var gathering: UnsafeMutablePointer<ConsumerBatch.Message?>
  let capacity: Int
  /// Gathered before their partition was revoked in the same call; never delivered.
  var stale: Set<ConsumerBatch.Message> = []

  init(
    _ handle: ClientHandle, _ mailbox: ConsumerMailbox, capacity: Int, isCooperative: Bool,
    queueKilobytes: Int, logger: Logger, onRebalance: @escaping OnRebalance
  ) {
    self.handle = handle
    self.mailbox = mailbox
    self.logger = logger
    self.onRebalance = onRebalance
    self.isCooperative = isCooperative
    self.capacity = capacity
    reminder = FetchReminder(queueKilobytes: queueKilobytes)
    gathering = .allocate(capacity: capacity)
  }

  deinit { gathering.deallocate() }

  func run() {
    openReplies()
    loop: while true {
      let step = mailbox.monitor.withLock { state in
        // From here until the poll is over, only librdkafka can wake this thread.
        state.isPolling = state.nextStep == .fetch
        return state.nextStep
      }
      switch step {
      case .serve: serve()
      case .fetch: fetch()
      case .sleep: mailbox.monitor.wait { $0.nextStep != .sleep }
      case .stop: break loop
      }
    }
    shutDown()
  }

  /// Runs what was asked of this thread and hands out the answers that came.
  func serve() {
    let (commands, hasReplies) = mailbox.monitor.withLock { state in
      defer {
        state.commands = []
        state.hasReplies = false
      }
      return (state.commands, state.hasReplies)
    }
    if hasReplies { takeReplies() }
    for command in commands { command(self) }
  }

  // MARK: - Fetching

  /// Not ahead of the application, which librdkafka's own queue is: so rebalances come only while
  /// the application waits for a batch, when it has committed the one before.
  private func fetch() {
    let count = gather(timeout: 1000)
    guard count > 0 else { return }
    let batch = ConsumerBatch(gathering, count: count, handle)
    gathering = .allocate(capacity: capacity)
    mailbox.rearrange { $0.add(batch) }
  }

  /// Fills `gathering` and returns how many messages are fit to be delivered.
  func gather(timeout: Int32) -> Int {
    isGathering = true
    let count = ckafka_gather(handle.queue, timeout, gathering, capacity)
    isGathering = false
    mailbox.monitor.withLock { $0.isPolling = false }
    var kept = 0
    var bytes = 0
    for index in 0..<count {
      guard let message = gathering[index] else { continue }
      if message.pointee.err.rawValue == 0, stale.isEmpty || !stale.contains(message) {
        gathering[kept] = message
        kept += 1
        bytes += message.pointee.len
      } else {
        if message.pointee.err.rawValue != 0 { report(message) }
        rd_kafka_message_destroy(message)
      }
    }
    stale = []
    reminder.took(bytes, of: assignment, handle)
    if let error = handle.fatalError {
      mailbox.end(.failure(error)) { $0.fatalError = error }
    }
    return kept
  }

  /// Errors of a topic or partition are not the application's to handle: librdkafka goes on.
  private func report(_ message: ConsumerBatch.Message) {
    let code = KafkaError.Code(message.pointee.err)
    guard code != .partitionEnd else { return }
    let place = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) }
    let text = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? code.text
    handle.callbacks.report(code, place.map { "\($0)[\(message.pointee.partition)]: \(text)" } ?? text)
  }
}
