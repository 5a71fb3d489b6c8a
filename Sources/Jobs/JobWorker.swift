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

  /// How often the process may end in the middle of one job before the job is held to be the reason, and is dead.
  var mostInterruptions: Int { get }

  /// Writes what a beginning run means, in the transaction that takes the job up: again for a run that
  /// continues an interrupted attempt. A throw undoes it and counts as the failure of the run.
  func begin(_ job: Work, _ run: JobRun, _ work: UnitOfWork) throws
  /// Does the work, outside of any transaction. It is cancelled cooperatively: because the job was cancelled,
  /// or because the program stops; what throws then is run again at the next start, as the same attempt.
  func perform(_ job: Work, _ run: JobRun) async throws -> Output
  /// Writes what the outcome means, in the transaction that ends the run. A throw undoes both, and both are
  /// tried again.
  func settle(_ job: Work, _ run: JobRun, _ outcome: JobOutcome<Output>, _ work: UnitOfWork) throws
}

extension JobWorker {
  public var concurrency: Int { 16 }
  public var policy: RetryPolicy {
    RetryPolicy(firstDelay: .seconds(1), largestDelay: .seconds(300), attempts: 5)
  }
  public var cancellationDeadline: Duration { .seconds(10) }
  public var mostInterruptions: Int { 5 }
  public func begin(_ job: Work, _ run: JobRun, _ work: UnitOfWork) throws {}
  public func settle(
    _ job: Work, _ run: JobRun, _ outcome: JobOutcome<Output>, _ work: UnitOfWork
  ) throws {}
}
