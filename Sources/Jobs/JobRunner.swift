import GRDB
public import Logging
import Metrics
public import ServiceLifecycle
public import Storage
import Tracing

/// Runs the jobs of a store: each kind as many at a time as its worker allows, each lane in its order.
///
/// Woken by the commit that brought a job, or by the time one is due. The file belongs to this process, so what
/// was running when a process ended is taken up again at once by the next: as the same attempt, because nobody
/// knows how far it got.
public struct JobRunner: Service {
  /// How long a run may take to notice that the program stops; then its job is given back without it.
  private static let stopDeadline = Duration.seconds(3)
  /// How often an outcome is tried to be settled before the job is given up without its worker.
  private static let mostSettlements = 10

  private let store: Store
  private let workers: [WorkerEntry]
  private let periodic: [PeriodicJob]
  private let logger: Logger
  private let running = RunningJobs()

  /// - Parameters:
  ///   - workers: one for each kind of job.
  ///   - periodic: jobs of these kinds that come again and again.
  public init(
    store: Store, workers: [any JobWorker], periodic: [PeriodicJob] = [], logger: Logger
  ) {
    self.store = store
    self.workers = workers.map { WorkerEntry($0) }
    self.periodic = periodic
    self.logger = logger
    let kinds = Set(self.workers.map(\.kind))
    precondition(kinds.count == workers.count, "two workers for one kind of job")
    precondition(periodic.allSatisfy { kinds.contains($0.kind) }, "a periodic job without a worker")
  }

  /// The kinds of jobs that it runs.
  public var kinds: [String] { workers.map(\.kind) }

  /// Runs until told to stop: then nothing more is taken up, what runs is asked to stop, and what did not
  /// finish is given back.
  public func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await work() }
      try? await gracefulShutdown()
      group.cancelAll()
    }
  }

  private func work() async {
    guard await prepare() else { return }
    await withDiscardingTaskGroup { group in
      let cancellations = Wakes(store, .cancellations)
      group.addTask { await listen(for: cancellations) }
      for worker in workers {
        group.addTask {
          await JobLine(store, worker, logger) { await perform($0, worker, cancellations) }.run()
        }
      }
    }
  }

  /// - Returns: false when told to stop meanwhile.
  private func prepare() async -> Bool {
    let (kinds, periodic) = (workers.map(\.kind), periodic)
    while !Task.isCancelled {
      do {
        try await store.write { work in
          for kind in kinds {
            try ClaimedJob.resume(kind, work)
            try PeriodicJob.retire(kind, except: periodic, work)
          }
          for job in periodic { try job.arrange(work) }
        }
        return true
      } catch {
        logger.error("Jobs could not be resumed", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
      }
    }
    return false
  }

  private func listen(for cancellations: Wakes) async {
    let kinds = Set(workers.map(\.kind))
    for await _ in cancellations.stream {
      do {
        running.cancel(try await store.read { try ClaimedJob.toBeCancelled(kinds, in: $0) })
      } catch {
        guard !Task.isCancelled else { return }
        logger.error("Cancellations could not be read", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
        cancellations.wake()
      }
    }
  }

  private func perform(_ begun: BegunJob, _ worker: WorkerEntry, _ cancellations: Wakes) async {
    let job = begun.job
    if let failure = begun.failure {
      await end(job, worker, worker.fail(job, failure, false))
      return
    }
    let run = RunUnderWay(id: job.id, logger) { worker.fail(job, CancellationError(), true) }
    if running.add(run, worker.cancellationDeadline) { cancellations.wake() }
    let ending = await withTaskCancellationHandler {
      run.start {
        await withSpan("job \(job.kind)", context: job.context) { span in
          span.attributes["job.id"] = job.id
          span.attributes["job.attempt"] = job.run.attempt
          return await worker.perform(job)
        }
      }
      return await run.ending()
    } onCancel: {
      run.ask(.stop, within: Self.stopDeadline)
    }
    await end(job, worker, ending)
    // Not before its end is stored: until then a request to cancel it finds it running, and here.
    running.remove(run)
  }

  /// Stores how a run ended, however long that takes.
  private func end(_ job: ClaimedJob, _ worker: WorkerEntry, _ ending: @escaping Ending) async {
    var ending = ending
    var delay = Duration.milliseconds(100)
    var failures = 0
    var isLastTry = false
    while true {
      do {
        report(try await store.write(ending), job)
        return
      } catch {
        logger.error(
          "The outcome of a job could not be stored",
          metadata: job.metadata.merging(["error": "\(error)"]) { $1 })
        if isLastTry { return }
        if Task.isCancelled {
          // Stopping: given back, or, when that fails too, resumed at the next start.
          isLastTry = true
          ending = worker.fail(job, CancellationError(), true)
          continue
        }
        if !(error is StoreError) { failures += 1 }
        if failures >= Self.mostSettlements { ending = job.unsettled(error) }
        try? await Task.sleep(for: delay)
        delay = min(delay * 2, .seconds(5))
      }
    }
  }

  private func report(_ ended: Ended, _ job: ClaimedJob) {
    Counter(
      label: "jobs.runs",
      dimensions: [("service", store.service), ("kind", job.kind), ("outcome", ended.name)]
    ).increment()
    if case .dead(let reason) = ended {
      logger.error(
        "A job went to the dead letters", metadata: job.metadata.merging(["reason": "\(reason)"]) { $1 })
    }
  }
}

extension ClaimedJob {
  var metadata: Logger.Metadata {
    [
      "job.id": "\(id)", "job.kind": "\(kind)", "job.attempt": "\(run.attempt)",
      "correlation.id": "\(context.correlationID ?? "")",
    ]
  }
}
