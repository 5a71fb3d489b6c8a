public import Logging
public import ServiceLifecycle
public import Storage

/// Carries redrives out: each at its pace, in small units of work. Those that ran when the process ended are
/// taken up where they were, slowly at first.
public struct RedriveRunner: Service {
  private static let chunk = 500

  private let store: Store
  private let jobs: @Sendable (String, UnitOfWork) throws -> Bool
  private let clock: any Clock<Duration>
  private let logger: Logger

  /// - Parameters:
  ///   - jobs: runs a dead job again, and says whether it could.
  ///   - clock: what the pace is kept by.
  public init(
    store: Store, jobs: @escaping @Sendable (String, UnitOfWork) throws -> Bool = { _, _ in false },
    clock: any Clock<Duration> = ContinuousClock(), logger: Logger
  ) {
    self.store = store
    self.jobs = jobs
    self.clock = clock
    self.logger = logger
  }

  public func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await work() }
      try? await gracefulShutdown()
      group.cancelAll()
    }
  }

  private func work() async {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let commits = store.commits(raising: .redrives)
    let listener = Task { for await _ in commits { wake.yield() } }
    defer { listener.cancel() }
    wake.yield()
    guard await nameFailures() else { return }
    await withDiscardingTaskGroup { group in
      var underWay: Set<String> = []
      for await _ in wakes {
        guard let running = await running() else { break }
        for redrive in running where !underWay.contains(redrive.id) {
          group.addTask { await carryOut(redrive) }
        }
        underWay = Set(running.map(\.id))
      }
    }
  }

  /// Gives letters of earlier versions their fingerprint.
  /// - Returns: false when told to stop meanwhile.
  private func nameFailures() async -> Bool {
    await untilDone("Dead letters could not be given their fingerprints") {
      while !Task.isCancelled,
        try await store.write({ try DeadLetters.nameFailures($0, limit: Self.chunk) == Self.chunk })
      {}
    } != nil
  }

  private func running() async -> [Redrive]? {
    await untilDone("Redrives could not be read") { try await store.read { try Redrive.running(in: $0) } }
  }

  private func carryOut(_ redrive: Redrive) async {
    var pace = RedrivePace(perSecond: redrive.perSecond ?? RedriveOrder.standardRate)
    while !Task.isCancelled {
      let (batch, pushes, jobs) = (pace.batch, pace.pushes, jobs)
      var step: Redrive.Step?
      let took = await clock.measure {
        step =
          await untilDone("Dead letters could not be redriven") {
            try await store.write {
              try Redrive.advance(redrive.id, by: batch, pushing: pushes, jobs: jobs, $0)
            }
          } ?? nil
      }
      guard let step else { return }
      report(step)
      guard step.redrive.state == .running else { return }
      try? await clock.sleep(for: max(.zero, pace.wait(after: step.taken) - took))
    }
  }

  /// - Returns: nil when told to stop before the store took part.
  private func untilDone<Value: Sendable>(
    _ trouble: String, _ body: () async throws -> Value
  ) async -> Value? {
    var backoff = Backoff()
    while true {
      do {
        return try await body()
      } catch {
        if Task.isCancelled { return nil }
        logger.error("\(trouble)", metadata: ["error": "\(error)", "again.in": "\(backoff.next)"])
        guard await backoff.wait() else { return nil }
      }
    }
  }

  private func report(_ step: Redrive.Step) {
    let redrive = step.redrive
    for (letter, reason) in step.failures {
      logger.error(
        "A dead letter could not be redriven",
        metadata: ["dead.letter.id": "\(letter)", "redrive.id": "\(redrive.id)", "error": "\(reason)"])
    }
    guard redrive.state != .running else { return }
    logger.info(
      "A redrive is over",
      metadata: [
        "redrive.id": "\(redrive.id)", "state": "\(redrive.state.rawValue)", "by": "\(redrive.by)",
        "redriven": "\(redrive.redriven)", "skipped": "\(redrive.skipped)",
        "failed.again": "\(redrive.failedAgain)", "reason": "\(redrive.stopReason ?? "")",
      ])
  }
}
