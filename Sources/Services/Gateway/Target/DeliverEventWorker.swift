import Contracts
import Jobs
import Messaging
import Storage

/// Delivers events to the target, many in one request, and tells what became of each.
struct DeliverEventWorker: JobWorker {
  let dispatcher: TargetDispatcher

  private var configuration: GatewayConfiguration { dispatcher.target.configuration }

  /// Enough for every request that may be under way, and one more batch to be ready: those that wait for the
  /// target's limit cost their memory only.
  var concurrency: Int { min((configuration.parallel + 1) * configuration.batch, 5000) }

  /// Tried until the event is too old; how old it is the dispatcher knows.
  var policy: RetryPolicy {
    RetryPolicy(
      firstDelay: configuration.firstRetry, largestDelay: configuration.largestRetry, attempts: .max)
  }

  /// The process may end in the middle as often as it likes: the target knows an event by its id.
  var mostInterruptions: Int { .max }

  func begin(_ job: DeliverEvent, _ run: JobRun, _ work: UnitOfWork) throws {
    guard run.attempt == 1, try GatewayEvent.status(job.event, in: work.database) == .failed else { return }
    try work.requeue(job.event)
    try work.note(EventStep(at: work.now, kind: .redriven), of: job.event)
  }

  func perform(_ job: DeliverEvent, _ run: JobRun) async throws -> Delivered {
    try await dispatcher.deliver(job.event, attempt: run.attempt)
  }

  func settle(
    _ job: DeliverEvent, _ run: JobRun, _ outcome: JobOutcome<Delivered>, _ work: UnitOfWork
  ) throws {
    switch outcome {
    case .succeeded(let delivered):
      try work.delivered(
        job.event, attempt: run.attempt, answer: delivered.answer, at: work.now, runner: nil)
      try work.publish(
        EventDelivered(
          id: delivered.id, source: delivered.source, runner: work.instance, attempt: run.attempt,
          answer: delivered.answer, deliveredAt: work.now))
    case .retried(let next, let reason):
      let event = try event(job, work)
      try work.willRetry(job.event, attempt: run.attempt, reason: reason, next: next, runner: nil)
      try work.publish(
        EventDeliveryRetried(
          id: event.id, source: event.source, runner: work.instance, attempt: run.attempt, reason: reason,
          failedAt: work.now, nextAttemptAt: next))
    case .dead(let reason): try giveUp(job, run, reason, work)
    case .cancelled: try giveUp(job, run, "its delivery was cancelled", work)
    }
  }

  private func giveUp(_ job: DeliverEvent, _ run: JobRun, _ reason: String, _ work: UnitOfWork) throws {
    let event = try event(job, work)
    try work.failed(job.event, attempt: run.attempt, reason: reason, at: work.now, runner: nil)
    try work.note(
      EventStep(at: work.now, kind: .failed, attempt: run.attempt, detail: reason), of: job.event)
    try work.publish(
      EventDeliveryFailed(
        id: event.id, source: event.source, runner: work.instance, attempt: run.attempt, reason: reason,
        failedAt: work.now))
  }

  private func event(_ job: DeliverEvent, _ work: UnitOfWork) throws -> GatewayEvent {
    guard let event = try GatewayEvent.fetch([job.event], in: work.database)[job.event] else {
      throw NoSuchEvent(number: job.event)
    }
    return event
  }

  private struct NoSuchEvent: Error {
    let number: Int64
  }
}

/// An event that the target has.
struct Delivered: Sendable {
  let id: SourceEventID
  let source: String
  /// What the target answered for it, in short.
  let answer: String
}
