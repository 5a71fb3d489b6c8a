import Foundation
import Synchronization

/// What a target simulator has received, and how it behaves; both can be changed while it runs.
public final class TargetState: Sendable {
  private let contents: Mutex<Contents>

  private struct Contents {
    var behaviour: Behaviour
    var token: String?
    var limit: RateLimit?
    var dice: Dice
    var received = ReceivedEvents()
    var statistics = TargetStatistics()
    var highestRate = HighestRate()
  }

  init(_ behaviour: Behaviour, token: String?) {
    contents = Mutex(Contents(behaviour: behaviour, token: token, dice: Dice(seed: behaviour.seed)))
    change { _ in }
  }

  public var behaviour: Behaviour { contents.withLock { $0.behaviour } }

  /// Changes the behaviour from the next request on. A changed rate begins with a full burst, a changed seed
  /// with the first number.
  public func change<Failure>(_ change: (inout Behaviour) throws(Failure) -> Void) throws(Failure) {
    try contents.withLock { contents throws(Failure) in
      let old = contents.behaviour
      try change(&contents.behaviour)
      let new = contents.behaviour
      if new.seed != old.seed { contents.dice = Dice(seed: new.seed) }
      guard contents.limit?.rate != new.rate || contents.limit?.burst != new.burst else { return }
      contents.limit = new.rate.map { RateLimit(rate: $0, burst: new.burst, now: .now) }
    }
  }

  /// What callers must show from now on; nil to let everybody in.
  public func require(token: String?) {
    contents.withLock { $0.token = token }
  }

  public var requiresToken: Bool { contents.withLock { $0.token != nil } }

  /// What has been recorded, in order.
  public var events: [ReceivedEvent] { contents.withLock { $0.received.all } }

  /// So many of the events as there are, from one of them on, and the number of all.
  func page(from first: Int, limit: Int) -> (events: [ReceivedEvent], total: Int) {
    contents.withLock { contents in
      let all = contents.received.all
      return (Array(all.dropFirst(first).prefix(limit)), all.count)
    }
  }

  public var statistics: TargetStatistics {
    contents.withLock { contents in
      var statistics = contents.statistics
      statistics.events = contents.received.all.count
      statistics.duplicates = contents.received.duplicates
      statistics.highestRate = contents.highestRate.count
      return statistics
    }
  }

  /// Forgets what has been received, and the statistics; not how it behaves.
  public func reset() {
    contents.withLock { contents in
      contents.received = ReceivedEvents()
      contents.statistics = TargetStatistics()
      contents.highestRate = HighestRate()
    }
  }

  func arrive(showing token: String?, now: Date) -> Treatment {
    contents.withLock { contents in
      // Taken inside: arrivals are counted in the order of their times.
      let instant = ContinuousClock.now
      contents.statistics.requests += 1
      contents.highestRate.arrive(at: instant)
      if let outage = contents.behaviour.outage, outage.ends > now { return .refused(outage.answer) }
      if let required = contents.token, token != required { return .unauthorised }
      let verdict = contents.limit?.take(at: instant)
      if let verdict, !verdict.isAllowed {
        contents.statistics.throttled += 1
        return .throttled(verdict)
      }
      let latency = contents.behaviour.latency(&contents.dice)
      return .admitted(contents.behaviour.misfortune(&contents.dice), after: latency, verdict)
    }
  }

  func count(_ outcome: String) {
    contents.withLock { $0.statistics.outcomes[outcome, default: 0] += 1 }
  }

  /// Executes all of `plan` in one go: what another request does comes before or after it.
  func execute(_ plan: Plan, key: String?, now: Date) throws(Execution.Refusal) -> Execution.Result {
    try contents.withLock { contents throws(Execution.Refusal) in
      contents.statistics.largestBatch = max(contents.statistics.largestBatch, plan.inputs.count)
      var execution = Execution(behaviour: contents.behaviour, key: key, now: now)
      return try execution.run(plan, &contents.received, &contents.dice)
    }
  }
}
