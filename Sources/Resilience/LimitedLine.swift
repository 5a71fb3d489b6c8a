import Metrics

/// A bucket and those who wait for its tokens.
struct LimitedLine {
  var bucket: TokenBucket
  var waiters = WaitingLine<RateLimiter.Turn>()
  /// Sleeps until the next turn, while anybody waits.
  var pump: Task<Void, Never>?
  private var recent: RecentRate
  /// When the pump wakes.
  private var due: Duration?
  private let allowed: Gauge
  private let waiting: Gauge
  private var reported: (rate: Double, waiting: Int)?

  init(_ bucket: TokenBucket, _ recent: RecentRate, allowed: Gauge, waiting: Gauge) {
    self.bucket = bucket
    self.recent = recent
    self.allowed = allowed
    self.waiting = waiting
  }

  var turn: RateLimiter.Turn { RateLimiter.Turn(slowings: bucket.slowing.count) }

  /// When there is a turn for one more, after all who wait.
  var nextFree: Duration { bucket.moment(of: Double(waiters.count + 1)) }

  /// - Returns: nil when there is none, or others wait for it.
  mutating func take(_ now: Duration) -> RateLimiter.Turn? {
    waiters.isEmpty ? takeNext(now) : nil
  }

  mutating func wait(_ waiter: CheckedContinuation<RateLimiter.Turn, any Error>, _ ticket: Int)
    -> RateLimiter.Turn?
  {
    waiters.add(waiter, ticket: ticket)
    return nil
  }

  mutating func giveBack(_ now: Duration) {
    bucket.giveBack(now)
    recent.add(-1, now)
  }

  mutating func throttle(_ retryAfter: Duration?, _ turn: RateLimiter.Turn?, _ now: Duration) {
    let counts = turn.map { $0 == self.turn } ?? bucket.slowing.wasTried
    bucket.throttle(for: retryAfter, counts: counts, now)
  }

  /// - Returns: whether another pump is needed, because there is none or it sleeps too long.
  mutating func needsPump() -> Bool {
    guard !waiters.isEmpty else {
      stop()
      return false
    }
    let next = bucket.moment(of: 1)
    if let due, due <= next { return false }
    stop()
    due = next
    return true
  }

  /// - Returns: those whose turn it is, and when to ask again; nil when nobody waits.
  mutating func callUp(_ now: Duration)
    -> (turns: [(WaitingLine<RateLimiter.Turn>.Waiter, RateLimiter.Turn)], next: Duration?)
  {
    var turns: [(WaitingLine<RateLimiter.Turn>.Waiter, RateLimiter.Turn)] = []
    while !waiters.isEmpty, let turn = takeNext(now), let waiter = waiters.popFirst() {
      turns.append((waiter, turn))
    }
    guard !waiters.isEmpty else {
      stop()
      return (turns, nil)
    }
    due = bucket.moment(of: 1)
    return (turns, due)
  }

  mutating func state(_ now: Duration) -> RateLimiter.State {
    bucket.fill(to: now)
    return RateLimiter.State(
      configuredRate: bucket.rate, allowedRate: bucket.allowedRate,
      availableTokens: bucket.filled > now ? 0 : max(0, bucket.tokens),
      pausedFor: max(bucket.filled - now, .zero), usedRate: recent.perSecond(now), waiting: waiters.count)
  }

  mutating func report() {
    let current = (rate: bucket.allowedRate, waiting: waiters.count)
    if reported?.rate != current.rate { allowed.record(current.rate) }
    if reported?.waiting != current.waiting { waiting.record(current.waiting) }
    reported = current
  }

  private mutating func takeNext(_ now: Duration) -> RateLimiter.Turn? {
    guard bucket.take(now) else { return nil }
    recent.add(1, now)
    bucket.slowing.sent()
    return turn
  }

  private mutating func stop() {
    pump?.cancel()
    pump = nil
    due = nil
  }
}
