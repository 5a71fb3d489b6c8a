import Logging
import Storage
import Synchronization

/// The runs under way in this process, so that they can be asked to stop.
final class RunningJobs: Sendable {
  typealias Run = Task<@Sendable (UnitOfWork) throws -> Void, Never>

  private struct Entry {
    let job: ClaimedJob
    let worker: WorkerEntry
    let task: Run
  }

  private struct State {
    var entries: [String: Entry] = [:]
    /// Asked to stop between being taken up and being known here.
    var askedEarly: Set<String> = []
  }

  private let state = Mutex(State())

  func add(_ job: ClaimedJob, _ worker: WorkerEntry, _ task: Run, _ store: Store, _ logger: Logger) {
    let wasAsked = state.withLock { state in
      state.entries[job.id] = Entry(job: job, worker: worker, task: task)
      return state.askedEarly.remove(job.id) != nil
    }
    if wasAsked { cancel(job.id, store, logger) }
  }

  func remove(_ job: ClaimedJob) {
    state.withLock { state in
      state.entries[job.id] = nil
      state.askedEarly.remove(job.id)
    }
  }

  /// Cancels the run of a job; when its worker has not noticed after the deadline, the job is ended without it.
  func cancel(_ id: String, _ store: Store, _ logger: Logger) {
    let entry = state.withLock { state in
      if state.entries[id] == nil { state.askedEarly.insert(id) }
      return state.entries[id]
    }
    guard let entry, !entry.task.isCancelled else { return }
    entry.task.cancel()
    Task {
      try await Task.sleep(for: entry.worker.cancellationDeadline)
      guard state.withLock({ $0.entries[id] != nil }) else { return }
      logger.warning(
        "A cancelled job did not stop in time",
        metadata: ["job.id": "\(id)", "job.kind": "\(entry.job.kind)"])
      try await store.write { try entry.worker.abandon(entry.job, $0) }
    }
  }
}
