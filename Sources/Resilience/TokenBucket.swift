/// What may go out, and when: a token bucket that slows down, pauses, and paces itself to a quota.
///
/// A value without a clock: whoever asks says what time it is. Tokens are fractions; a taken token is subtracted
/// exactly, so that rounding never adds up.
struct TokenBucket {
  /// A quota that the target told, spread over the time for which it holds.
  struct Pace {
    let rate: Double
    let end: Duration
  }

  /// Rounding in a token, far below what a request costs.
  private static let tolerance = 1e-9

  let rate: Double
  let burst: Double
  /// The part of rate and burst that is this instance's own.
  private(set) var share = 1.0
  /// How far the target's refusals have slowed this down: 1 is not at all.
  var slowing = Slowing()
  var paces: [String: Pace] = [:]
  private(set) var tokens: Double
  /// Up to when tokens have been added. Ahead of now, it is the end of a pause.
  private(set) var filled: Duration

  init(rate: Double, burst: Double, now: Duration) {
    self.rate = rate
    self.burst = burst
    tokens = burst
    filled = now
  }

  /// Tokens a second, at most.
  var ownRate: Double { rate * share }
  /// One token at least, or nothing could ever go out.
  var ownBurst: Double { max(1, burst * share) }
  /// Tokens a second that are added now.
  var allowedRate: Double { speed(at: filled, slowedTo: slowing.factor) }

  mutating func take(_ now: Duration) -> Bool {
    fill(to: now)
    guard filled <= now, tokens >= 1 - Self.tolerance else { return false }
    tokens -= 1
    return true
  }

  mutating func giveBack(_ now: Duration) {
    fill(to: now)
    tokens = min(tokens + 1, capacity(at: filled))
  }

  mutating func setShare(_ share: Double, _ now: Duration) {
    fill(to: now)
    self.share = share
    keep(atMost: capacity(at: filled))
  }

  mutating func keep(atMost most: Double) {
    tokens = min(tokens, most)
  }

  /// Nothing goes out before `end`. Then one may, if the rate as configured would have let it; the pause is
  /// slow enough.
  mutating func pause(until end: Duration, _ now: Duration) {
    fill(to: now)
    guard end > filled else { return }
    fill(to: end, slowedTo: 1)
    keep(atMost: 1)
  }

  mutating func fill(to now: Duration) {
    fill(to: now, slowedTo: slowing.factor)
  }

  /// When there will be that many tokens, if none is taken before.
  func moment(of count: Double) -> Duration {
    var (time, tokens) = (filled, tokens)
    while tokens < count - Self.tolerance {
      let speed = speed(at: time, slowedTo: slowing.factor)
      let wait = (count - tokens) / speed
      guard let change = nextChange(after: time), (change - time).inSeconds < wait else {
        return time + Self.wholeNanoseconds(wait)
      }
      tokens += speed * (change - time).inSeconds
      time = change
    }
    return time
  }

  private mutating func fill(to now: Duration, slowedTo factor: Double) {
    while filled < now {
      let end = min(now, nextChange(after: filled) ?? now)
      let added = speed(at: filled, slowedTo: factor) * (end - filled).inSeconds
      tokens = min(tokens + added, capacity(at: filled))
      filled = end
    }
    if !paces.isEmpty { paces = paces.filter { $0.value.end > filled } }
  }

  private func speed(at time: Duration, slowedTo factor: Double) -> Double {
    paces.values.reduce(ownRate * factor) { $1.end > time ? min($0, $1.rate) : $0 }
  }

  /// Under a quota nothing is saved up for a burst.
  private func capacity(at time: Duration) -> Double {
    paces.values.contains { $0.end > time } ? 1 : ownBurst
  }

  private func nextChange(after time: Duration) -> Duration? {
    paces.values.lazy.map(\.end).filter { $0 > time }.min()
  }

  /// Rounded up, so that the time has come when it is over; what is below a thousandth of a nanosecond is the
  /// error of the floating point.
  private static func wholeNanoseconds(_ seconds: Double) -> Duration {
    let nanoseconds = min(seconds, Timeline.longest.inSeconds) * 1e9
    return .nanoseconds(max(1, Int64((nanoseconds - 1e-3).rounded(.up))))
  }
}
