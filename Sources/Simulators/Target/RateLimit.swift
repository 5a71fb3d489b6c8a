/// A bucket of tokens: `burst` of them at most, and `rate` more a second.
struct RateLimit {
  let rate: Double
  let burst: Int
  private var tokens: Double
  private var filled: ContinuousClock.Instant

  init(rate: Double, burst: Int, now: ContinuousClock.Instant) {
    self.rate = rate
    self.burst = burst
    tokens = Double(burst)
    filled = now
  }

  /// How a request fared, and what its answer says of the limit.
  struct Verdict: Sendable {
    let isAllowed: Bool
    /// How many requests would be let through now.
    let remaining: Int
    /// Whole seconds until one more is.
    let wait: Int
    let policy: String

    /// As in draft-ietf-httpapi-ratelimit-headers-10.
    var header: String { "\"default\";r=\(remaining);t=\(wait)" }
  }

  mutating func take(at now: ContinuousClock.Instant) -> Verdict {
    let elapsed = max(0, (now - filled) / .seconds(1))
    tokens = min(Double(burst), tokens + elapsed * rate)
    filled = max(filled, now)
    let isAllowed = tokens >= 1
    if isAllowed { tokens -= 1 }
    let missing = 1 - tokens.truncatingRemainder(dividingBy: 1)
    return Verdict(
      isAllowed: isAllowed, remaining: Int(tokens), wait: max(1, Int((missing / rate).rounded(.up))),
      policy: policy)
  }

  /// The rate as a quota for a window of whole seconds: 2.5 a second is 5 in 2.
  private var policy: String {
    let window = (1...60).first { seconds in
      let quota = rate * Double(seconds)
      return quota >= 1 && abs(quota - quota.rounded()) < 1e-6
    }
    let seconds = window ?? max(60, Int((1 / rate).rounded(.up)))
    return "\"default\";q=\(max(1, Int((rate * Double(seconds)).rounded())));w=\(seconds)"
  }
}
