extension TokenBucket {
  /// The target refused a request.
  /// - Parameter counts: whether it slows down, or only pauses.
  mutating func throttle(for pause: Duration?, counts: Bool, _ now: Duration) {
    fill(to: now)
    if counts {
      slowing.halve()
      if pause == nil { keep(atMost: 0) }
    }
    if let pause { self.pause(until: now + pause.bounded, now) }
    slowing.disturb(at: max(filled, now))
  }

  mutating func succeed(_ now: Duration) {
    fill(to: now)
    slowing.succeeded(at: now, rate: ownRate)
  }

  /// The target said what is left of a quota. It is shared like the rate, and spread over the time until the
  /// quota is renewed; one that cannot be used up until then slows nothing down.
  mutating func limit(_ quota: RateLimitHeader.Quota, _ now: Duration) {
    fill(to: now)
    let reset = quota.reset.bounded
    guard reset > .zero else { return }
    let end = now + reset
    guard quota.remaining > 0 else { return pause(until: end, now) }
    guard end > filled else { return }
    let own = Double(quota.remaining) * share
    guard own < ownBurst + ownRate * reset.inSeconds else {
      paces[quota.policy] = nil
      return
    }
    keep(atMost: min(1, own))
    paces[quota.policy] = Pace(rate: max(0, own - max(tokens, 0)) / reset.inSeconds, end: end)
  }
}
