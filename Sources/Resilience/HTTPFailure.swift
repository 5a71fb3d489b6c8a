/// An answer that is none: any status but success, as an error.
public struct HTTPFailure: Error, Hashable, CustomStringConvertible {
  public let status: Int
  /// What the response said in `Retry-After`.
  public let retryAfter: Duration?

  public init(status: Int, retryAfter: Duration? = nil) {
    self.status = status
    self.retryAfter = retryAfter
  }

  /// 408, 429 and 5xx may go better; any other would end the same way.
  public var advice: RetryAdvice {
    switch status {
    case 408, 429, 500...599: retryAfter.map(RetryAdvice.after) ?? .retry
    default: .never
    }
  }

  /// Whether it speaks against the other side's health, as a circuit breaker understands it. One that answers
  /// "not found" or "not so fast" is well.
  public var isTheirs: Bool { status == 408 || (500...599).contains(status) }

  public var description: String {
    let what = "The answer was HTTP \(status)."
    return switch advice {
    case .never: "\(what) The same request will not go better later."
    case .retry: "\(what) Try again later."
    case .after(let delay): "\(what) Try again in \(delay.spoken)."
    }
  }
}
