import Logging
import Storage
import Synchronization

/// A run in this process: its end is what it says itself, or, when it was asked to stop and does not, the time
/// it was given for that.
final class RunUnderWay: Sendable {
  enum Request: Hashable {
    /// Somebody cancelled the job.
    case cancel
    /// The program stops.
    case stop
  }

  private struct State {
    var task: Task<Void, Never>?
    var requests: Set<Request> = []
    var alarms: [Task<Void, any Error>] = []
    var ending: Ending?
    var waiter: CheckedContinuation<Ending, Never>?
  }

  let id: String
  private let logger: Logger
  private let giveUp: @Sendable () -> Ending
  private let state = Mutex(State())

  /// - Parameter giveUp: ends the run when it does not stop in time; what it says later is not heard.
  init(id: String, _ logger: Logger, giveUp: @escaping @Sendable () -> Ending) {
    self.id = id
    self.logger = logger
    self.giveUp = giveUp
  }

  /// Starts the work, unless it was asked to stop before it began.
  func start(_ work: @escaping @Sendable () async -> Ending) {
    let isAsked = state.withLock { state in
      guard state.requests.isEmpty else { return true }
      state.task = Task { end(await work()) }
      return false
    }
    if isAsked { end(giveUp()) }
  }

  /// Asks the run to stop, once for each reason.
  func ask(_ request: Request, within deadline: Duration) {
    let task = state.withLock { state -> Task<Void, Never>? in
      guard state.ending == nil, state.requests.insert(request).inserted else { return nil }
      state.alarms.append(
        Task {
          try await Task.sleep(for: deadline)
          logger.warning("A job did not stop in time and is not waited for", metadata: ["job.id": "\(id)"])
          end(giveUp())
        })
      return state.task
    }
    task?.cancel()
  }

  /// Waits for the end; being cancelled does not end the wait.
  func ending() async -> Ending {
    await withCheckedContinuation { continuation in
      let ending = state.withLock { state in
        if state.ending == nil { state.waiter = continuation }
        return state.ending
      }
      if let ending { continuation.resume(returning: ending) }
    }
  }

  private func end(_ ending: @escaping Ending) {
    let ended = state.withLock { state in
      guard state.ending == nil else { return State() }
      defer { state = State(ending: ending) }
      return state
    }
    for alarm in ended.alarms { alarm.cancel() }
    ended.waiter?.resume(returning: ending)
  }
}
