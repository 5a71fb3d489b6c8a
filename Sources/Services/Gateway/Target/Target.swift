import Messaging
import Resilience
import Storage
import Synchronization

/// The target, and how this instance may treat it.
final class Target: Sendable {
  /// What this instance has in hand.
  struct Load: Hashable, Sendable {
    /// Events that wait in memory for their request.
    var waiting = 0
    /// Requests without an answer yet.
    var underWay = 0
  }

  let configuration: GatewayConfiguration
  let client: TargetClient
  let limiter: RateLimiter
  let breaker: CircuitBreaker
  private let current = Mutex(Load())

  init(_ configuration: GatewayConfiguration) {
    self.configuration = configuration
    limiter = RateLimiter(name: "gateway.target", rate: configuration.rate, burst: configuration.burst)
    breaker = CircuitBreaker(
      name: "gateway.target", openFor: .seconds(1), longestOpen: .seconds(60))
    client = TargetClient(
      url: configuration.targetURL, token: configuration.targetToken?.text, timeout: configuration.timeout)
  }

  var load: Load {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  /// This instance's part of the target's limit is its part of the events.
  ///
  /// One that has no part of them any more still has those it took up before: a hundredth is left for them.
  func takeShare(_ share: Double) {
    limiter.share = max(share, 0.01)
  }

  /// Why an event is not done yet; nil when it is.
  func waiting(_ event: GatewayEvent, at now: Timestamp) -> EventStory.Waiting? {
    switch event.status {
    case .delivered, .failed: return nil
    case .received:
      return EventStory.Waiting(reason: "on its way through the broker", until: nil)
    case .queued:
      if let next = event.nextAttemptAt, next > now {
        return EventStory.Waiting(
          reason: "attempt \(event.attempt) failed: \(event.reason ?? "")", until: next)
      }
      if let runner = event.runner {
        return EventStory.Waiting(reason: "it is delivered by the instance \(runner)", until: nil)
      }
      if let opens = breaker.state.opensIn {
        return EventStory.Waiting(
          reason: "the circuit breaker is open, because the target failed several times in a row",
          until: now + opens)
      }
      let limit = limiter.state
      if limit.pausedFor > .zero {
        return EventStory.Waiting(reason: "the target asked to wait", until: now + limit.pausedFor)
      }
      return EventStory.Waiting(
        reason: "waits for its turn: \(limit.allowedRate) requests a second are allowed", until: nil)
    }
  }
}

extension CircuitBreaker.State {
  /// How long nothing is let through; nil when something is.
  var opensIn: Duration? {
    if case .open(let time) = self { time } else { nil }
  }
}
