import GRDB
import Logging
import Storage

/// A job that was taken up, and what went wrong before its worker could start.
struct BegunJob: Sendable {
  let job: ClaimedJob
  let failure: (any Error)?
}

/// Takes the jobs of one kind up as long as there are places free.
struct JobLine {
  /// A sleep measures no wall-clock time: after a step of that clock the next due job is at most this late.
  private static let longestSleep = Duration.seconds(60)
  /// After which time is tried again to take up what could not be.
  private static let retryDelay = Duration.seconds(1)

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
    let places = JobPlaces(worker.concurrency)
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    // In the transaction that brings jobs, so that they are in hand when it is committed.
    let unfollow = store.follow(.jobs) { work in
      let claim = try claim(limit: places.free, work)
      return {
        places.take(claim)
        wake.yield()
      }
    }
    await withDiscardingTaskGroup { group in
      func start(_ claim: Claim) {
        for job in claim.begun {
          group.addTask {
            await perform(job)
            if places.give() { wake.yield() }
          }
        }
      }
      group.addTask { await look() }
      var alarm: Task<Void, Never>?
      for await _ in wakes {
        let claim = places.collect()
        start(claim)
        if claim.isCutShort { group.addTask { await look() } }
        alarm?.cancel()
        alarm = claim.next.map { next in
          let delay = min(max(next.since(store.now), .milliseconds(1)), Self.longestSleep)
          return Task {
            do { try await Task.sleep(for: delay) } catch { return }
            await look()
          }
        }
      }
      alarm?.cancel()
      unfollow()
      // Behind whatever was under way: nothing is taken up after it, and what was is given back.
      _ = try? await store.write { _ in }
      start(places.collect())
    }
  }

  /// Has what is due taken up, as if something had just been enqueued; however long that takes.
  private func look() async {
    while !Task.isCancelled {
      do {
        try await store.write { $0.raiseOnCommit(.jobs) }
        return
      } catch {
        report(error)
        try? await Task.sleep(for: Self.retryDelay)
      }
    }
  }

  private func claim(limit: Int, _ work: UnitOfWork) throws -> Claim {
    var claim = Claim(isCutShort: true)
    guard limit > 0 else { return claim }
    do {
      try work.undoable {
        claim.begun = try ClaimedJob.claim(worker.kind, limit: limit, work).map { job in
          BegunJob(job: job, failure: try begin(job, work))
        }
        claim.isCutShort = claim.begun.count == limit
        if !claim.isCutShort { claim.next = try ClaimedJob.nextDue(worker.kind, work) }
        return true
      }
      return claim
    } catch {
      // SQLite has given the whole transaction up: not for the jobs' sake.
      guard work.database.isInsideTransaction else { throw error }
      report(error)
      return Claim(next: work.now + Self.retryDelay)
    }
  }

  private func report(_ error: any Error) {
    logger.error(
      "Jobs could not be taken up", metadata: ["job.kind": "\(worker.kind)", "error": "\(error)"])
  }

  /// - Returns: why the job cannot be run; then its run ends with that.
  private func begin(_ job: ClaimedJob, _ work: UnitOfWork) throws -> (any Error)? {
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
