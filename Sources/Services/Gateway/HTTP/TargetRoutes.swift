import Foundation
import HTTPAPI
import Messaging
import Resilience
import Storage

/// How the target is treated, and why: for operators.
struct TargetRoutes {
  struct TargetAnswer: Encodable, Sendable {
    struct Rate: Encodable, Sendable {
      /// Requests a second, as it was set, of all instances together.
      let configured: Double
      /// This instance's part of it.
      let share: Double
      /// What this instance allows itself at the moment.
      let allowed: Double
      /// What it has used in the last seconds.
      let used: Double
      /// The target asked to wait until then.
      let pausedUntil: Timestamp?
    }

    struct Breaker: Encodable, Sendable {
      let state: String
      /// When the next request is tried.
      let until: Timestamp?
    }

    let name = "target"
    /// Without what in it may be a secret.
    let url: String
    /// Events that are on their way, or wait.
    let backlog: Int
    /// Given up; dead letters.
    let failed: Int
    let waitingInMemory: Int
    let requestsUnderWay: Int
    let batch: Int
    let rate: Rate
    let breaker: Breaker
    let oldestUndeliveredAt: Timestamp?
    let oldestUndeliveredSeconds: Double?
    /// When everything is delivered in full requests at the allowed rate; nil while nothing is.
    let expectedDrainSeconds: Double?
  }

  private struct Answer: Encodable, Sendable {
    let items: [TargetAnswer]

    private enum CodingKeys: CodingKey {
      case items, next
    }

    // A list as every other, of one page.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(items, forKey: .items)
      try container.encodeNil(forKey: .next)
    }
  }

  let store: Store
  let target: Target

  func register(on api: API) {
    api.read("/targets", scope: .eventsRead) { _ in
      let undelivered = try await store.read { try Undelivered.read($0) }
      return .ok(Answer(items: [answer(undelivered, at: store.now)]))
    }
  }

  private func answer(_ undelivered: Undelivered, at now: Timestamp) -> TargetAnswer {
    let (limit, breaker, load) = (target.limiter.state, target.breaker.state, target.load)
    let batch = target.configuration.isOrdered ? 1 : target.configuration.batch
    let requests = (Double(undelivered.backlog) / Double(batch)).rounded(.up)
    let wait = (breaker.opensIn ?? .zero) + limit.pausedFor
    return TargetAnswer(
      url: Self.plain(target.configuration.targetURL), backlog: undelivered.backlog,
      failed: undelivered.failed, waitingInMemory: load.waiting, requestsUnderWay: load.underWay,
      batch: target.configuration.batch,
      rate: .init(
        configured: limit.configuredRate, share: target.limiter.share, allowed: limit.allowedRate,
        used: limit.usedRate, pausedUntil: limit.pausedFor > .zero ? now + limit.pausedFor : nil),
      breaker: .init(state: breaker.word, until: breaker.opensIn.map { now + $0 }),
      oldestUndeliveredAt: undelivered.oldest,
      oldestUndeliveredSeconds: undelivered.oldest.map { Double(now.since($0).inMilliseconds) / 1000 },
      expectedDrainSeconds: limit.allowedRate > 0
        ? requests / limit.allowedRate + Double(wait.inMilliseconds) / 1000 : nil)
  }

  /// An address may carry a password, or a key in its query.
  private static func plain(_ url: String) -> String {
    guard var parts = URLComponents(string: url) else { return "" }
    (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
    return parts.string ?? ""
  }
}
