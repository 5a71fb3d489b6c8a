import Foundation
import Jobs
import Logging
import Messaging
import NIOHTTP1
import Resilience
import Storage

/// One request to the target, and what its answer means for each of its events.
struct Exchange: Sendable {
  enum Outcome: Sendable {
    case settled([Result])
    /// The same request, when the limit allows.
    case again
    /// Two requests, each with a half: one of the events may be to blame.
    case halves
  }

  enum Result: Sendable {
    case delivered(Delivered)
    case failed(JobFailure)
    /// Sent again under the same id, and no attempt is used up.
    case again
  }

  let target: Target
  let store: Store
  let logger: Logger

  /// - Parameter attempts: one for each event.
  func send(_ events: [GatewayEvent], attempts: [Int], _ admission: Admission, _ turn: RateLimiter.Turn) async
    -> Outcome
  {
    let begun = store.now
    let answer: TargetAnswer
    var wait: Duration?
    do {
      let reply = try await target.client.send(events)
      wait = reply.headers.first(name: "retry-after").flatMap {
        RetryAfter(text: $0, now: Date(timeIntervalSince1970: Double(store.now.milliseconds) / 1000))?.delay
      }
      target.limiter.limit(RateLimitHeader(fields: { reply.headers.first(name: $0) }))
      answer = TargetAnswer.read(
        status: reply.status, isTimed: wait != nil, body: reply.body, ids: events.map { "\($0.id)" })
    } catch {
      answer = .failed(reason: "the target did not answer: \(error)", status: nil, excerpt: nil)
    }
    var steps: [EventStep?] = []
    let outcome: Outcome
    switch answer {
    case .throttled(let reason, let status):
      admission.succeeded()
      target.limiter.throttled(retryAfter: wait, turn: turn)
      let asked = wait.map { ", and asked to wait \($0.seconds)" } ?? ""
      steps = attempts.map {
        EventStep(at: store.now, kind: .throttled, attempt: $0, status: status, detail: reason + asked)
      }
      outcome = .again
    case .refused(let refusal) where events.count > 1:
      admission.succeeded()
      target.limiter.succeeded()
      steps = attempts.map {
        EventStep(
          at: store.now, kind: .split, attempt: $0, status: refusal.status, detail: refusal.reason,
          excerpt: refusal.excerpt)
      }
      outcome = .halves
    case .refused(let refusal):
      refusal.status == 500 ? admission.failed() : admission.succeeded()
      target.limiter.succeeded()
      steps = [failure(refusal, attempts[0])]
      outcome = .settled([.failed(verdict(refusal, events[0], begun))])
    case .failed(let reason, let status, let excerpt):
      admission.failed()
      steps = attempts.map {
        EventStep(
          at: store.now, kind: .attemptFailed, attempt: $0, status: status, detail: reason, excerpt: excerpt)
      }
      outcome = .settled(events.map { .failed(transient(reason, $0, begun)) })
    case .answered(let verdicts):
      admission.succeeded()
      var isTooFast = false
      var results: [Result] = []
      for (place, verdict) in verdicts.enumerated() {
        let (event, attempt) = (events[place], attempts[place])
        switch verdict {
        case .delivered(let answer):
          steps.append(nil)
          results.append(.delivered(Delivered(id: event.id, source: event.source, answer: answer)))
        case .refused(let refusal):
          steps.append(failure(refusal, attempt))
          results.append(.failed(self.verdict(refusal, event, begun)))
        case .throttled(let reason):
          isTooFast = true
          steps.append(
            EventStep(at: store.now, kind: .throttled, attempt: attempt, status: 200, detail: reason))
          results.append(.again)
        case .unknown:
          steps.append(
            EventStep(
              at: store.now, kind: .unknown, attempt: attempt,
              detail: "another event of the request failed, and took the answers of all with it"))
          results.append(.again)
        }
      }
      if isTooFast {
        target.limiter.throttled(retryAfter: wait, turn: turn)
      } else {
        target.limiter.succeeded()
      }
      outcome = .settled(results)
    }
    await note(steps, of: events, begun)
    return outcome
  }

  private func failure(_ refusal: TargetAnswer.Refusal, _ attempt: Int) -> EventStep {
    EventStep(
      at: store.now, kind: .attemptFailed, attempt: attempt, status: refusal.status, detail: refusal.reason,
      excerpt: refusal.excerpt)
  }

  private func verdict(_ refusal: TargetAnswer.Refusal, _ event: GatewayEvent, _ begun: Timestamp)
    -> JobFailure
  {
    refusal.isPermanent ? .permanent(reason: refusal.reason) : transient(refusal.reason, event, begun)
  }

  private func transient(_ reason: String, _ event: GatewayEvent, _ begun: Timestamp) -> JobFailure {
    let age = store.now.since(event.firstAttemptAt ?? begun)
    guard age < target.configuration.maxAge else {
      return .permanent(reason: "given up after \(target.configuration.maxAge.seconds): \(reason)")
    }
    return .transient(reason: reason)
  }

  /// Keeps what went otherwise than it should. A delivery is not held up when that fails: what counts is written
  /// with its outcome.
  private func note(_ steps: [EventStep?], of events: [GatewayEvent], _ begun: Timestamp) async {
    let noted = zip(events, steps).compactMap { event, step in step.map { (event, $0) } }
    guard !noted.isEmpty else { return }
    do {
      try await store.write { work in
        for (event, step) in noted {
          try work.note(step, of: event.seq)
          if event.firstAttemptAt == nil { try work.beginTrying(event.seq, at: begun) }
        }
      }
    } catch {
      logger.error("The steps of events could not be kept", metadata: ["error": "\(error)"])
    }
  }
}

extension Duration {
  /// For people.
  var seconds: String {
    let count = components.seconds
    return "\(count) second\(count == 1 ? "" : "s")"
  }
}
