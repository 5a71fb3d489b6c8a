import Metrics
import Synchronization

/// A token bucket in front of something that takes only so much: whoever wants to send waits for his turn, and
/// all turns together are never faster than allowed.
///
/// It obeys what the other side says: nothing goes out while that asked to wait, and after a refusal the pace is
/// halved, once for those that were under way together, and grows back by a tenth of the full rate a second of
/// success, so that ten undisturbed seconds bring it all back.
public final class RateLimiter: Sendable {
  /// What it allows at this moment.
  public struct State: Hashable, Sendable {
    /// As it was set, for everybody together.
    public let configuredRate: Double
    /// Requests a second that are allowed here now.
    public let allowedRate: Double
    public let availableTokens: Double
    /// For how long nothing goes out, because the other side asked for it.
    public let pausedFor: Duration
    /// Requests a second that went out in the last seconds.
    public let usedRate: Double
    public let waiting: Int
  }

  private struct Waiter {
    let id: Int
    let promise: CheckedContinuation<Void, any Error>
  }

  private struct Core {
    var tokens: Double
    var filledAt = Duration.zero
    var pace = 1.0
    var paceAt = Duration.zero
    var share = 1.0
    var pausedUntil = Duration.zero
    /// How many more the other side takes until a time, as it said.
    var quota: (left: Int, until: Duration)?
    var waiters: [Waiter] = []
    var nextID = 0
    var isServing = false
    var used = RecentCount()
  }

  private static let slowest = 1.0 / 64
  /// Of the full rate, in a second of success.
  private static let recovery = 0.1

  private let rate: Double
  private let burst: Double
  private let elapsed: @Sendable () -> Duration
  private let sleep: @Sendable (Duration) async throws -> Void
  private let core: Mutex<Core>
  private let allowed: Gauge
  private let waiting: Gauge
  private let throttles: Counter

  /// - Parameters:
  ///   - name: in metrics.
  ///   - rate: how many a second.
  ///   - burst: how many may go out at once after a pause.
  public init<C: Clock<Duration>>(name: String, rate: Double, burst: Int, clock: C = ContinuousClock()) {
    precondition(rate > 0 && burst > 0, "a limit above zero")
    self.rate = rate
    self.burst = Double(burst)
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
    sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: .zero) }
    core = Mutex(Core(tokens: Double(burst)))
    let dimensions = [("name", name)]
    allowed = Gauge(label: "ratelimiter.allowed.rate", dimensions: dimensions)
    waiting = Gauge(label: "ratelimiter.waiting", dimensions: dimensions)
    throttles = Counter(label: "ratelimiter.throttled", dimensions: dimensions)
    allowed.record(rate)
  }

  /// How much of the rate is this instance's, above 0 and up to 1.
  public var share: Double {
    get { core.withLock { $0.share } }
    set {
      core.withLock { core in
        fill(&core, elapsed())
        core.share = min(max(newValue, 0.0001), 1)
        core.tokens = min(core.tokens, capacity(core))
      }
    }
  }

  public var state: State {
    let now = elapsed()
    return core.withLock { core in
      fill(&core, now)
      return State(
        configuredRate: rate, allowedRate: speed(core), availableTokens: core.tokens,
        pausedFor: max(core.pausedUntil - now, .zero), usedRate: core.used.perSecond(now),
        waiting: core.waiters.count)
    }
  }

  /// Takes a turn now, if there is one.
  /// - Returns: nil when it was taken; otherwise how long to wait at least.
  public func tryAcquire() -> Duration? {
    let now = elapsed()
    return core.withLock { core in
      guard core.waiters.isEmpty else { return max(due(&core, now) - now, .milliseconds(1)) }
      let due = due(&core, now)
      guard due <= now else { return due - now }
      take(&core, now)
      return nil
    }
  }

  /// Waits for a turn: whoever came first goes first.
  /// - Throws: `CancellationError`; the turn is then somebody else's.
  public func acquire() async throws {
    if tryAcquire() == nil { return }
    let id = core.withLock { core in
      core.nextID += 1
      return core.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { promise in
        let serves = core.withLock { core in
          core.waiters.append(Waiter(id: id, promise: promise))
          waiting.record(core.waiters.count)
          defer { core.isServing = true }
          return !core.isServing
        }
        if Task.isCancelled { forget(id) }
        if serves { Task { await serve() } }
      }
    } onCancel: {
      forget(id)
    }
  }

  private func forget(_ id: Int) {
    let promise = core.withLock { core in
      core.waiters.firstIndex { $0.id == id }.map { core.waiters.remove(at: $0).promise }
    }
    promise?.resume(throwing: CancellationError())
  }

  /// Gives turns until nobody waits.
  private func serve() async {
    while true {
      let now = elapsed()
      enum Step {
        case done
        case wait(until: Duration)
        case go([Waiter])
      }
      let step: Step = core.withLock { core in
        var ready: [Waiter] = []
        while !core.waiters.isEmpty, due(&core, now) <= now {
          take(&core, now)
          ready.append(core.waiters.removeFirst())
        }
        waiting.record(core.waiters.count)
        if !ready.isEmpty { return .go(ready) }
        if core.waiters.isEmpty {
          core.isServing = false
          return .done
        }
        return .wait(until: due(&core, now))
      }
      switch step {
      case .done: return
      case .go(let ready): for waiter in ready { waiter.promise.resume() }
      case .wait(let time): try? await sleep(time)
      }
    }
  }

  /// The other side said that it was too much.
  /// - Parameter retryAfter: nothing goes out before that; a second when it said nothing of it.
  public func throttled(retryAfter: Duration?) {
    throttles.increment()
    let now = elapsed()
    core.withLock { core in
      fill(&core, now)
      // Those that were under way together are one refusal.
      if now >= core.pausedUntil { core.pace = max(core.pace / 2, Self.slowest) }
      core.paceAt = now
      pause(&core, until: now + (retryAfter ?? .seconds(1)))
      allowed.record(speed(core))
    }
  }

  /// The other side took it.
  public func succeeded() {
    let now = elapsed()
    core.withLock { core in
      guard core.pace < 1 else { return }
      fill(&core, now)
      let undisturbed = min(max(now - max(core.paceAt, core.pausedUntil), .zero), .seconds(1))
      core.pace = min(core.pace + Self.recovery * (undisturbed / .seconds(1)), 1)
      core.paceAt = max(now, core.paceAt)
      allowed.record(speed(core))
    }
  }

  /// What the other side said of its limit: no more than it has left go out before its limit begins anew.
  public func limit(_ header: RateLimitHeader) {
    let now = elapsed()
    core.withLock { core in
      fill(&core, now)
      if header.remaining <= 0 {
        core.quota = nil
        pause(&core, until: now + header.reset)
      } else {
        core.quota = (left: header.remaining, until: now + header.reset)
      }
    }
  }

  // MARK: - The bucket

  private func pause(_ core: inout Core, until time: Duration) {
    guard time > core.pausedUntil else { return }
    core.pausedUntil = time
    // The first goes out exactly then; those after it at the pace.
    core.tokens = 1
    core.filledAt = time
  }

  private func speed(_ core: Core) -> Double { rate * core.share * core.pace }

  private func capacity(_ core: Core) -> Double { max(1, burst * core.share * core.pace) }

  private func fill(_ core: inout Core, _ now: Duration) {
    guard now > core.filledAt else { return }
    let grown = core.tokens + (now - core.filledAt) / .seconds(1) * speed(core)
    core.tokens = min(grown, max(capacity(core), min(core.tokens, grown)))
    core.filledAt = now
  }

  /// When the next turn is.
  private func due(_ core: inout Core, _ now: Duration) -> Duration {
    fill(&core, now)
    var due = max(now, core.pausedUntil)
    if core.tokens < 1 {
      // A nanosecond more than nothing: rounding must not wake it too early, again and again.
      due = max(due, core.filledAt + .seconds((1 - core.tokens) / speed(core)) + .nanoseconds(1))
    }
    if let quota = core.quota {
      if quota.until <= now { core.quota = nil } else if quota.left <= 0 { due = max(due, quota.until) }
    }
    return due
  }

  private func take(_ core: inout Core, _ now: Duration) {
    core.tokens = max(core.tokens - 1, 0)
    if let quota = core.quota { core.quota = (quota.left - 1, quota.until) }
    core.used.count(now)
  }
}

/// How many there were in each of the last seconds.
private struct RecentCount {
  private static let span: Int64 = 5
  private var seconds: [Int64: Int] = [:]
  private var first: Int64?

  mutating func count(_ now: Duration) {
    let second = now.components.seconds
    if first == nil { first = second }
    seconds[second, default: 0] += 1
    if seconds.count > 2 * Int(Self.span) {
      seconds = seconds.filter { $0.key > second - Self.span }
    }
  }

  func perSecond(_ now: Duration) -> Double {
    let second = now.components.seconds
    let recent = seconds.reduce(0) { $1.key > second - Self.span && $1.key <= second ? $0 + $1.value : $0 }
    return Double(recent) / Double(Self.span)
  }
}
