internal import CRdKafka

/// What the consumer's thread shares with everybody else, behind the monitor's lock.
struct ConsumerState {
  enum Phase { case open, closing, closed }

  var phase = Phase.open
  /// Nil once closed.
  var handle: ClientHandle?
  /// To be run on the thread, in order. Each answers its caller itself.
  var commands: [Command] = []
  /// Tasks that wait for a batch, first come first served.
  var demands: [Demand] = []
  var shelf = Shelf()
  /// The thread is inside a poll, from which only librdkafka can wake it.
  var isPolling = false
  var hasReplies = false
  var handlerIsDone = false
  var fatalError: KafkaError?

  /// Gets nil when it came too late.
  typealias Command = @Sendable (ConsumerThread?) -> Void

  enum Step { case serve, fetch, sleep, stop }

  var nextStep: Step {
    if !commands.isEmpty || hasReplies { return .serve }
    if phase != .open { return .stop }
    return demands.isEmpty || fatalError != nil ? .sleep : .fetch
  }
}

/// One task's wish for a batch.
///
/// `@unchecked Sendable`: both fields are only touched under the monitor's lock.
final class Demand: @unchecked Sendable {
  typealias Answer = Result<ConsumerBatch?, KafkaError>
  var continuation: CheckedContinuation<Answer, Never>?
  var isCancelled = false
}
