import Logging
import ServiceLifecycle
import Storage

/// Tries parked messages again when they are due.
struct ParkedRunner {
  private static let batch = 100

  let store: Store
  let inbox: Inbox
  let logger: Logger

  func run() async throws {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    wake.yield()
    let parked = store.commits(raising: .parked)
    let listener = Task { for await _ in parked { wake.yield() } }
    defer { listener.cancel() }
    await withGracefulShutdownHandler {
      var alarm: Task<Void, any Error>?
      for await _ in wakes {
        alarm?.cancel()
        guard let due = await runDue() else { continue }
        let delay = max(due.since(store.now), .milliseconds(1))
        alarm = Task {
          try await Task.sleep(for: delay)
          wake.yield()
        }
      }
      alarm?.cancel()
    } onGracefulShutdown: {
      wake.finish()
    }
  }

  /// - Returns: when the next one is due; nil when none is parked.
  private func runDue() async -> Timestamp? {
    var backoff = Backoff()
    while true {
      do {
        let next = try await store.write { work in
          let due = try Parked.due(work, limit: Self.batch)
          for entry in due { try retry(entry, work) }
          return try Parked.nextDue(work)
        }
        if let next, next <= store.now { continue }
        return next
      } catch {
        logger.error(
          "Parked messages could not be tried",
          metadata: ["error": "\(error)", "again.in": "\(backoff.next)"])
        guard await backoff.wait() else { return nil }
      }
    }
  }

  private func retry(_ entry: Parked.Entry, _ work: UnitOfWork) throws {
    let envelope = Envelope(headers: entry.message.headers)
    let verdict = try inbox.judge(entry.message, envelope, work)
    let policy = inbox.policy
    inbox.count(verdict.name, envelope?.type)
    switch verdict {
    case .done:
      try Parked.remove(entry, work)
    case .early(let delay):
      let waited = work.now.since(entry.firstAt)
      if waited < policy.patience {
        try Parked.postpone(entry, until: work.now + delay, attempts: entry.attempts, reason: nil, work)
      } else {
        try bury(
          entry, envelope, "it was early and what it needs did not arrive within \(policy.patience)", work)
      }
    case .failed(let reason):
      let attempts = entry.attempts + 1
      if attempts < policy.attempts {
        let due = work.now + policy.delay(afterAttempt: attempts)
        try Parked.postpone(entry, until: due, attempts: attempts, reason: reason, work)
      } else {
        try bury(entry, envelope, reason, work)
      }
    case .dead(let reason):
      try bury(entry, envelope, reason, work)
    }
  }

  private func bury(_ entry: Parked.Entry, _ envelope: Envelope?, _ reason: String, _ work: UnitOfWork) throws
  {
    try DeadLetters.bury(entry.message, envelope, reason: reason, attempts: entry.attempts + 1, work)
    try Parked.remove(entry, work)
    inbox.report(entry.message, envelope, reason)
  }
}
