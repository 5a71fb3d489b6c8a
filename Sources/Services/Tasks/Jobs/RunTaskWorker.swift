import Contracts
import Jobs
import Messaging
import Storage

/// Does tasks: fake work that takes its time, logs lines, and fails now and then.
struct RunTaskWorker: JobWorker {
  let store: Store
  let configuration: TasksConfiguration

  var concurrency: Int { configuration.concurrency }
  var policy: RetryPolicy { configuration.policy }

  func begin(_ job: RunTask, _ run: JobRun, _ work: UnitOfWork) throws {
    var task = try taskRun(job, work)
    if task.begin(jobAttempt: run.attempt, at: work.now) { try work.tell(task) }
  }

  func perform(_ job: RunTask, _ run: JobRun) async throws {
    guard let task = try await store.read({ try TaskRun.find(job.task, in: $0) }) else {
      throw JobFailure.permanent(reason: "there is no task \(job.task)")
    }
    let fake = FakeWork(
      job.task, attempt: task.attempt, input: job.input, delay: configuration.delay,
      failureRate: configuration.failureRate, seed: configuration.seed)
    let lines = configuration.logLines
    let start = ContinuousClock.now
    for line in 1...max(lines, 1) {
      let due = start + .milliseconds(fake.milliseconds) * line / max(lines, 1)
      try await Task.sleep(until: due, clock: .continuous)
      guard line <= lines else { continue }
      try await log("step \(line) of \(lines)", line, job, attempt: task.attempt, run)
    }
    if let failure = fake.failure { throw JobFailure.transient(reason: failure) }
  }

  func settle(_ job: RunTask, _ run: JobRun, _ outcome: JobOutcome<Void>, _ work: UnitOfWork) throws {
    var task = try taskRun(job, work)
    switch outcome {
    case .succeeded: task.succeed(at: work.now)
    case .retried(let next, let reason):
      task.waitForNextAttempt(at: next, because: reason, at: work.now)
    case .dead(let reason): task.fail(because: reason, at: work.now)
    case .cancelled: task.cancel(at: work.now)
    }
    try work.tell(task)
  }

  private func log(_ text: String, _ line: Int, _ job: RunTask, attempt: Int, _ run: JobRun) async throws {
    try await store.write { work in
      try run.confirm(work)
      try TaskRun.logged(line, of: job.task, in: work.database)
      try work.publish(
        TaskLogged(
          id: job.task, userId: job.user, runner: work.instance, attempt: attempt, line: line, text: text,
          loggedAt: work.now))
    }
  }

  private func taskRun(_ job: RunTask, _ work: UnitOfWork) throws -> TaskRun {
    guard let run = try TaskRun.find(job.task, in: work.database) else { throw NoSuchRun(task: job.task) }
    return run
  }

  private struct NoSuchRun: Error {
    let task: TaskID
  }
}
