import RoomTesting
import Synchronization

/// An actor whose work goes on only when the test lets it: so that something can happen between being called up
/// and going on.
actor Held {
  private final class Executor: SerialExecutor {
    let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
    }
  }

  private let executor = Executor()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run(_ body: @Sendable () async throws -> Void) async throws { try await body() }

  /// Whether there is something to go on with.
  nonisolated var isReady: Bool { executor.jobs.withLock { !$0.isEmpty } }

  /// Lets it go on until `condition` holds.
  nonisolated func goOn(until condition: () -> Bool) async throws {
    try await RoomTesting.until {
      goOn()
      return condition()
    }
  }

  nonisolated private func goOn() {
    let ready = executor.jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in ready { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
  }
}
