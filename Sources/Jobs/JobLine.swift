import GRDB
import Logging
import Storage
import Synchronization

/// A job that was taken up, and what went wrong before its worker could start.
struct BegunJob: Sendable {
  let job: ClaimedJob
  let failure: (any Error)?
}

/// Takes the jobs of one kind up as long as there are places free.
struct JobLine {
  /// A sleep measures no wall-clock time: after a step of that clock the next due job is at most this late.
  private static let longestSleep = Duration.seconds(60)

  private let store: Store
  private let worker: WorkerEntry
  private let logger: Logger
  private let perform: @Sendable (BegunJob) async -> Void

  init(
    _ store: Store, _ worker: WorkerEntry, _ logger: Logger,
    perform: @escaping @Sendable (BegunJob) async -> Void
  ) {
    self.store = store
    self.worker = worker
    self.logger = logger
    self.perform = perform
  }

  /// Runs until cancelled; then waits for the runs, which are cancelled with it.
  func run() async {
    let wakes = Wakes(store, .jobs)
    wakes.wake()
    let places = Places(worker.concurrency)
    let perform = perform
    await withDiscardingTaskGroup { group in
      var alarm: Task<Void, any Error>?
      for await _ in wakes.stream {
        alarm?.cancel()
        if Task.isCancelled { break }
        let free = places.free
        // Whoever frees a place wakes us again.
        guard free > 0 else { continue }
        let (begun, next) = await claim(limit: free)
        places.take(begun.count)
        for job in begun {
          group.addTask {
            await perform(job)
            places.give()
            wakes.wake()
          }
        }
        guard begun.count < free, let next else { continue }
        let delay = min(max(next.since(store.now), .milliseconds(1)), Self.longestSleep)
        alarm = Task {
          try await Task.sleep(for: delay)
          wakes.wake()
        }
      }
      alarm?.cancel()
    }
  }

  private func claim(limit: Int) async -> (begun: [BegunJob], next: Timestamp?) {
    let worker = worker
    do {
      return try await store.write { work in
        let begun = try ClaimedJob.claim(worker.kind, limit: limit, work).map { job in
          BegunJob(job: job, failure: try begin(job, worker, work))
        }
        return (begun, begun.count < limit ? try ClaimedJob.nextDue(worker.kind, work) : nil)
      }
    } catch {
      logger.error(
        "Jobs could not be taken up", metadata: ["job.kind": "\(worker.kind)", "error": "\(error)"])
      return ([], store.now + .seconds(1))
    }
  }

  /// - Returns: why the job cannot be run; then its run ends with that.
  private func begin(_ job: ClaimedJob, _ worker: WorkerEntry, _ work: UnitOfWork) throws -> (any Error)? {
    if job.isToBeCancelled { return CancellationError() }
    if job.interruptions > worker.mostInterruptions {
      return JobFailure.permanent(reason: "the process ended \(job.interruptions) times while it ran")
    }
    do {
      try work.undoable {
        try worker.begin(job, work)
        return true
      }
      return nil
    } catch {
      // SQLite has given the whole transaction up: not this job's fault.
      guard work.database.isInsideTransaction else { throw error }
      return error
    }
  }
}

/// How many more may run.
private final class Places: Sendable {
  private let count: Mutex<Int>

  init(_ count: Int) { self.count = Mutex(count) }

  var free: Int { count.withLock { $0 } }
  func take(_ taken: Int) { count.withLock { $0 -= taken } }
  func give() { count.withLock { $0 += 1 } }
}
