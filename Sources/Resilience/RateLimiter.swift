import Metrics
import Synchronization

/// Lets requests to a target out no faster than it takes them: a token bucket for all who call it.
///
/// It learns from the target: ``throttled(retryAfter:turn:)`` when it refused, ``limit(_:)`` when it said what is
/// left, ``succeeded()`` when it answered. Several instances share a target's budget by ``share``.
public final class RateLimiter: Sendable {
  /// The target, as it is named in metrics.
  public let name: String
  private let timeline: Timeline
  private let line: Mutex<LimitedLine>
  private let throttlings: Counter

  /// - Parameters:
  ///   - rate: requests a second, for all instances together.
  ///   - burst: how many may go out at once after a silence.
  public init(name: String, rate: Double, burst: Int, clock: any Clock<Duration> = ContinuousClock()) {
    precondition(rate > 0 && rate.isFinite, "a rate limiter needs a rate above zero")
    precondition(burst >= 1, "a rate limiter needs a burst of one at least")
    self.name = name
    timeline = Timeline(clock)
    let dimensions = [("name", name)]
    throttlings = Counter(label: "ratelimiter.throttled", dimensions: dimensions)
    line = Mutex(
      LimitedLine(
        TokenBucket(rate: rate, burst: Double(burst), now: timeline.now), RecentRate(now: timeline.now),
        allowed: Gauge(label: "ratelimiter.allowed.rate", dimensions: dimensions),
        waiting: Gauge(label: "ratelimiter.waiting", dimensions: dimensions)))
  }

  /// Waits its turn, first come, first served. A cancelled waiter gives its turn to the next.
  /// - Returns: what to tell ``throttled(retryAfter:turn:)``, should the target refuse.
  /// - Throws: `CancellationError`.
  @discardableResult
  public func acquire() async throws -> Turn {
    let ticket = line.withLock { $0.waiters.ticket() }
    let turn = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Turn, any Error>) in
        // A cancellation that came before is found here, one that comes later finds the waiter.
        guard !Task.isCancelled else { return waiter.resume(throwing: CancellationError()) }
        let turn = change { line, now in line.take(now) ?? line.wait(waiter, ticket) }
        if let turn { waiter.resume(returning: turn) }
      }
    } onCancel: {
      change { line, _ in line.waiters.remove(ticket: ticket) }?.resume(throwing: CancellationError())
    }
    guard !Task.isCancelled else {
      change { line, now in line.giveBack(now) }
      throw CancellationError()
    }
    return turn
  }

  /// Takes a turn if there is one, never before one who waits.
  /// - Returns: nil when it was taken; otherwise how long to wait.
  public func tryAcquire() -> Duration? {
    change { line, now in line.take(now) == nil ? line.nextFree - now : nil }
  }

  /// What a request that goes out now is to remember.
  public var turn: Turn { line.withLock { $0.turn } }

  /// The target refused (429, or 503 with Retry-After): nothing goes out before that time is over, and the
  /// rate is halved, to 1/64 at least. Refusals of requests that were on the way already when it was halved
  /// count once.
  ///
  /// - Parameters:
  ///   - retryAfter: what the target said; nil when it did not say.
  ///   - turn: the refused request's turn. Without it, a refusal counts if anything has gone out since the
  ///     last one that counted.
  public func throttled(retryAfter: Duration?, turn: Turn? = nil) {
    throttlings.increment()
    change { line, now in line.throttle(retryAfter, turn, now) }
  }

  /// The target took a request. After it had refused some, the rate recovers in equal steps: each success gives
  /// back the time since the last one, of ten seconds, as a part of the full rate; a second's part at most. So
  /// from any depth it takes ten seconds, or ten successes where those come slower. (For a target of less than
  /// one request a second, a success gives back the time between two.)
  public func succeeded() {
    change { line, now in line.bucket.succeed(now) }
  }

  /// The target said what is left: nothing goes out before the reset when that is nothing, otherwise what is
  /// left is spread over the time until then.
  public func limit(_ header: RateLimitHeader) {
    guard !header.quotas.isEmpty else { return }
    change { line, now in
      for quota in header.quotas { line.bucket.limit(quota, now) }
    }
  }

  /// This instance's part of the target's rate and burst, above 0 and up to 1: a quarter, when four share it.
  /// Whatever its share, an instance may have a burst of one.
  public var share: Double {
    get { line.withLock { $0.bucket.share } }
    set {
      let share = newValue > Self.leastShare ? min(newValue, 1) : Self.leastShare
      change { line, now in line.bucket.setShare(share, now) }
    }
  }

  /// For a status page.
  public var state: State { change { line, now in line.state(now) } }

  private static let leastShare = 0.001

  /// Every change may bring the next turn nearer, or let it be nobody's.
  @discardableResult
  private func change<Value: Sendable>(_ body: (inout LimitedLine, Duration) -> Value) -> Value {
    line.withLock { line in
      let value = body(&line, timeline.now)
      if line.needsPump() { line.pump = Task { await self.pump() } }
      line.report()
      return value
    }
  }

  /// Calls up those who wait, until none does. One whose place another has taken was cancelled, and ends with its
  /// next sleep; calling up twice does no harm.
  private func pump() async {
    while true {
      let (turns, next) = line.withLock { line in
        defer { line.report() }
        return line.callUp(timeline.now)
      }
      for (waiter, turn) in turns { waiter.resume(returning: turn) }
      guard let next, (try? await timeline.sleep(until: next)) != nil else { return }
    }
  }
}
