import GRDB
public import Logging
import Metrics
public import ServiceLifecycle
public import Storage
import Synchronization
import Tracing

/// Runs the jobs of a store: each kind as many at a time as its worker allows, each lane in its order.
///
/// Woken by the commit that brought a job, or by the time one is due. The file belongs to this process, so what
/// was running when a process ended is taken up again at once by the next: as the same attempt, because nobody
/// knows how far it got.
public struct JobRunner: Service {
  /// How often a process may end in the middle of one job before the job is held to be the reason.
  private static let mostInterruptions = 5

  private let store: Store
  private let workers: [WorkerEntry]
  private let logger: Logger
  private let running = RunningJobs()

  /// - Parameter workers: one for each kind of job.
  public init(store: Store, workers: [any JobWorker], logger: Logger) {
    self.store = store
    self.workers = workers.map { WorkerEntry($0) }
    self.logger = logger
    precondition(Set(self.workers.map(\.kind)).count == workers.count, "two workers for one kind of job")
  }

  public func run() async throws {
    try await resume()
    await withTaskGroup(of: Void.self) { group in
      let cancellations = store.commits(raising: .cancellations)
      group.addTask { for await _ in cancellations { await cancelRequested() } }
      for worker in workers {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wake.yield()
        let commits = store.commits(raising: .jobs)
        group.addTask { for await _ in commits { wake.yield() } }
        group.addTask { await self.run(worker, wakes, wake) }
      }
      try? await gracefulShutdown()
      group.cancelAll()
    }
  }

  private func resume() async throws {
    try await store.write { work in
      try work.database.execute(
        sql: """
          UPDATE jobs SET state = 'waiting', interrupted = 1, interruptions = interruptions + 1, run_at = ?
          WHERE state = 'running'
          """, arguments: [work.now])
    }
  }

  /// Keeps one kind going until told to stop; then waits for what runs, which is cancelled.
  private func run(
    _ worker: WorkerEntry, _ wakes: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation
  ) async {
    await withDiscardingTaskGroup { group in
      let free = Mutex(worker.concurrency)
      var alarm: Task<Void, any Error>?
      for await _ in wakes {
        alarm?.cancel()
        let room = free.withLock { $0 }
        guard room > 0 else { continue }
        let (claimed, next) = await claim(worker, room)
        free.withLock { $0 -= claimed.count }
        for job in claimed {
          group.addTask {
            await self.perform(job, worker)
            free.withLock { $0 += 1 }
            wake.yield()
          }
        }
        if claimed.count == room { continue }
        if let next {
          let delay = max(next.since(store.now), .milliseconds(1))
          alarm = Task {
            try await Task.sleep(for: delay)
            wake.yield()
          }
        }
      }
      alarm?.cancel()
    }
  }

  private func claim(_ worker: WorkerEntry, _ limit: Int) async -> ([ClaimedJob], Timestamp?) {
    do {
      return try await store.write { work in
        let claimed = try ClaimedJob.claim(worker.kind, limit: limit, work)
        var alive: [ClaimedJob] = []
        for job in claimed {
          if try job.interruptions(work) > Self.mostInterruptions {
            try job.die(reason: "the process ended \(Self.mostInterruptions + 1) times while it ran", work)
          } else {
            try worker.begin(job, work)
            alive.append(job)
          }
        }
        return (alive, try ClaimedJob.nextDue(worker.kind, work))
      }
    } catch {
      logger.error("Jobs could not be taken up", metadata: ["job.kind": "\(worker.kind)", "error": "\(error)"])
      return ([], store.now + .seconds(1))
    }
  }

  private func perform(_ job: ClaimedJob, _ worker: WorkerEntry) async {
    let task = Task {
      await withSpan("job \(job.kind)", context: job.context) { span in
        span.attributes["job.id"] = job.id
        span.attributes["job.attempt"] = job.attempt
        return await worker.perform(job)
      }
    }
    running.add(job, worker, task, store, logger)
    let ending = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    running.remove(job)
    await end(job, worker, ending)
  }

  private func end(
    _ job: ClaimedJob, _ worker: WorkerEntry, _ ending: @escaping @Sendable (UnitOfWork) throws -> Void
  ) async {
    var delay = Duration.milliseconds(100)
    repeat {
      do {
        try await store.write(ending)
        return
      } catch {
        logger.error(
          "The outcome of a job could not be stored; it is tried again",
          metadata: ["job.id": "\(job.id)", "job.kind": "\(job.kind)", "error": "\(error)"])
        try? await Task.sleep(for: delay)
        delay = min(delay * 2, .seconds(5))
      }
    } while !Task.isCancelled
  }

  private func cancelRequested() async {
    do {
      let ids = try await store.read {
        try String.fetchAll($0, sql: "SELECT id FROM jobs WHERE state = 'running' AND cancel_requested = 1")
      }
      for id in ids { running.cancel(id, store, logger) }
    } catch {
      logger.error("Cancellations could not be read", metadata: ["error": "\(error)"])
    }
  }
}
