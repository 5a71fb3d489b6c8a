public import Messaging
public import Storage

/// What does the jobs of one kind.
public protocol JobWorker<Work>: Sendable {
  associatedtype Work: Job
  associatedtype Output: Sendable = Void

  /// How many run at the same time.
  var concurrency: Int { get }
  /// When to try again, and after how many attempts to give up.
  var policy: RetryPolicy { get }
  /// How long it may take to notice that it was cancelled; then its outcome is not waited for.
  var cancellationDeadline: Duration { get }

  /// Writes what a beginning run means, in the transaction that takes the job up.
  func begin(_ job: Work, _ run: JobRun, _ work: UnitOfWork) throws
  /// Does the work, outside of any transaction. It is cancelled cooperatively.
  func perform(_ job: Work, _ run: JobRun) async throws -> Output
  /// Writes what the outcome means, in the transaction that ends the run.
  func settle(_ job: Work, _ run: JobRun, _ outcome: JobOutcome<Output>, _ work: UnitOfWork) throws
}

extension JobWorker {
  public var concurrency: Int { 16 }
  public var policy: RetryPolicy {
    RetryPolicy(firstDelay: .seconds(1), largestDelay: .seconds(300), attempts: 5)
  }
  public var cancellationDeadline: Duration { .seconds(10) }
  public func begin(_ job: Work, _ run: JobRun, _ work: UnitOfWork) throws {}
  public func settle(_ job: Work, _ run: JobRun, _ outcome: JobOutcome<Output>, _ work: UnitOfWork) throws {}
}

/// One run of a job.
public struct JobRun: Hashable, Sendable {
  public let jobID: String
  /// Counts from 1. A run that the end of the process interrupted is the same attempt again.
  public let attempt: Int
}

/// How a run ended.
public enum JobOutcome<Output: Sendable>: Sendable {
  case succeeded(Output)
  case retried(at: Timestamp, reason: String)
  case dead(reason: String)
  case cancelled
}
