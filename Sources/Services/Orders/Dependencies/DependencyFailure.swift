import Jobs
import Resilience

/// A dependency says that there is no such thing.
struct UnknownReference: Error, Hashable {
  let field: OrderField
  /// The service, for people.
  let service: String

  init(field: OrderField, to service: String) {
    self.field = field
    self.service = service
  }

  var sentence: String { "is unknown to \(service)" }
}

/// A dependency did not answer, or not with what was asked for.
struct DependencyFailure: Error {
  /// For people: what happened, without addresses.
  let reason: String
  private let kind: Kind

  private enum Kind {
    /// It may go better next time.
    case transient
    /// It was not asked, or asked to wait: no attempt was made.
    case notAsked(for: Duration)
    /// It would end the same way.
    case permanent
  }

  init(of service: String, _ error: any Error) {
    switch error {
    case let failure as HTTPFailure:
      reason = "\(service) answered \(failure.status)"
      switch failure.advice {
      case .after(let delay): kind = .notAsked(for: delay)
      case .retry: kind = .transient
      case .never: kind = .permanent
      }
    case let circuit as CircuitOpen:
      reason = "\(service) is not asked at the moment, because it failed several times in a row"
      kind = .notAsked(for: circuit.retryAfter)
    case is BulkheadFull:
      reason = "\(service) is not asked at the moment, because too many wait for it"
      kind = .notAsked(for: .seconds(1))
    case is TooManySlowCalls:
      reason = "\(service) is slow, and as many as may wait for it do so already"
      kind = .notAsked(for: .seconds(1))
    case is TimedOut, is DeadlineOver:
      reason = "\(service) did not answer in time"
      kind = .transient
    case let answer as UnusableAnswer:
      reason = "\(service)'s answer \(answer.reason)"
      kind = .transient
    default:
      reason = "\(service) could not be reached: the connection failed"
      kind = .transient
    }
  }

  /// What it means for the job.
  ///
  /// - Parameters:
  ///   - isLast: there is no attempt after this one.
  ///   - left: until the order is too old.
  func jobFailure(isLast: Bool, left: Duration) -> JobFailure {
    guard left > .zero else { return .permanent(reason: "\(reason), and the order is too old to go on") }
    switch kind {
    case .permanent: return .permanent(reason: reason)
    case .transient: return isLast ? .permanent(reason: reason) : .transient(reason: reason)
    case .notAsked(let delay):
      // Not all at the same moment; and once more when the order's time is over, which tells how it ended.
      let jittered = delay * Double.random(in: 1...1.5)
      return .throttled(for: min(jittered, left), reason: reason)
    }
  }
}
