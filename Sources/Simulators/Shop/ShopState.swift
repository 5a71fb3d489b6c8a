import Foundation
import Synchronization

/// How a simulated shop service treats its callers, and who has called; both can be looked at and changed while it
/// runs.
public final class ShopState: Sendable {
  private struct Contents {
    var behaviour = Behaviour()
    var limit: RateLimit?
    var dice = Dice(seed: 0)
    var requests: [String: Int] = [:]
    var outcomes: [String: Int] = [:]
  }

  private let contents = Mutex(Contents())

  init() {}

  public var behaviour: Behaviour { contents.withLock { $0.behaviour } }

  /// Changes the behaviour from the next request on.
  public func change<Failure>(_ change: (inout Behaviour) throws(Failure) -> Void) throws(Failure) {
    try contents.withLock { contents throws(Failure) in
      let old = contents.behaviour
      try change(&contents.behaviour)
      let new = contents.behaviour
      if new.seed != old.seed { contents.dice = Dice(seed: new.seed) }
      guard new.rate != old.rate || new.burst != old.burst else { return }
      contents.limit = new.rate.map { RateLimit(rate: $0, burst: new.burst, now: .now) }
    }
  }

  /// How often a resource was asked for, from the first time on.
  public func requests(for path: String) -> Int { contents.withLock { $0.requests[path] ?? 0 } }

  /// - Returns: how often the path has been asked for, this time included, and what is to be done.
  func arrive(at path: String, now: Date) -> (count: Int, Treatment) {
    contents.withLock { contents in
      let count = (contents.requests[path] ?? 0) + 1
      // What nobody has is not remembered: names of that kind have no end.
      if count > 1 || contents.requests.count < 10_000 { contents.requests[path] = count }
      if let outage = contents.behaviour.outage, outage.ends > now { return (count, .refused(outage.answer)) }
      let verdict = contents.limit?.take(at: .now)
      if let verdict, !verdict.isAllowed { return (count, .throttled(verdict)) }
      let latency = contents.behaviour.latency(&contents.dice)
      return (count, .admitted(contents.behaviour.misfortune(&contents.dice), after: latency, verdict))
    }
  }

  func count(_ outcome: String) {
    contents.withLock { $0.outcomes[outcome, default: 0] += 1 }
  }

  var json: JSONValue {
    func object(_ counts: [String: Int]) -> JSONValue {
      .object(counts.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .integer($0.value)) })
    }
    return contents.withLock { contents in
      [
        "requests": .integer(contents.requests.values.reduce(0, +)), "byPath": object(contents.requests),
        "byOutcome": object(contents.outcomes),
      ]
    }
  }
}
