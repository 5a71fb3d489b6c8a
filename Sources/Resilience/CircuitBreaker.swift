import Metrics
import Synchronization

/// The circuit is open: nobody is asked at the moment.
public struct CircuitOpen: Error, Hashable, CustomStringConvertible {
  public let name: String
  /// When it is worth asking again.
  public let retryAfter: Duration

  public var description: String {
    "\(name) failed several times in a row and is left alone for \(retryAfter)"
  }
}

/// Leaves something alone that fails again and again, and tries now and then whether it is well.
///
/// So many failures in a row open it. After a while, which doubles each time up to a minute and varies by a fifth
/// so that many do not come back together, a few probes are let through: when one succeeds it is closed, when one
/// fails it is open again. Source: Michael Nygard, "Release It!", 2007.
public final class CircuitBreaker: Sendable {
  /// What it does at this moment.
  public struct State: Hashable, Sendable {
    /// `closed`, `open` or `half-open`.
    public let name: String
    /// When the next is let through; nil when that is now.
    public let opensIn: Duration?
  }

  private enum Phase {
    case closed(failures: Int)
    case open(until: Duration)
    case halfOpen(probes: Int)
  }

  private struct Core {
    var phase = Phase.closed(failures: 0)
    /// Admissions of an earlier phase say nothing of this one.
    var epoch = 0
    var openings = 0
  }

  private static let longest = Duration.seconds(60)

  private let name: String
  private let failures: Int
  private let openFor: Duration
  private let probes: Int
  private let elapsed: @Sendable () -> Duration
  private let jitter: @Sendable () -> Double
  private let core = Mutex(Core())
  private let gauge: Gauge
  private let rejected: Counter
  private let opened: Counter

  /// - Parameters:
  ///   - name: in metrics and errors.
  ///   - failures: how many in a row open it.
  ///   - openFor: how long it stays open the first time.
  ///   - probes: how many may be under way when it is half open.
  ///   - jitter: from 0 to 1.
  public init<C: Clock<Duration>>(
    name: String, failures: Int, openFor: Duration, probes: Int, clock: C = ContinuousClock(),
    jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }
  ) {
    self.name = name
    self.failures = max(failures, 1)
    self.openFor = openFor
    self.probes = max(probes, 1)
    self.jitter = jitter
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
    let dimensions = [("name", name)]
    gauge = Gauge(label: "circuit.state", dimensions: dimensions)
    rejected = Counter(label: "circuit.rejected", dimensions: dimensions)
    opened = Counter(label: "circuit.opened", dimensions: dimensions)
    gauge.record(0)
  }

  public var state: State {
    let now = elapsed()
    return core.withLock { core in
      switch core.phase {
      case .closed: State(name: "closed", opensIn: nil)
      case .halfOpen: State(name: "half-open", opensIn: nil)
      case .open(let until): State(name: "open", opensIn: until > now ? until - now : nil)
      }
    }
  }

  /// Leave to ask once. Whoever has it says how it went.
  public struct Admission: Sendable {
    fileprivate let breaker: CircuitBreaker
    fileprivate let epoch: Int

    public func succeeded() { breaker.settle(epoch, hasFailed: false) }
    public func failed() { breaker.settle(epoch, hasFailed: true) }
    /// Nobody was asked, or the answer says nothing of how well the other side is.
    public func abandoned() { breaker.giveBack(epoch) }
  }

  public func admit() throws(CircuitOpen) -> Admission {
    let now = elapsed()
    let result: Result<Admission, CircuitOpen> = core.withLock { core in
      switch core.phase {
      case .closed: return .success(Admission(breaker: self, epoch: core.epoch))
      case .open(let until) where until > now:
        return .failure(CircuitOpen(name: name, retryAfter: until - now))
      case .open:
        core.epoch += 1
        core.phase = .halfOpen(probes: 1)
        gauge.record(1)
        return .success(Admission(breaker: self, epoch: core.epoch))
      case .halfOpen(let count) where count < probes:
        core.phase = .halfOpen(probes: count + 1)
        return .success(Admission(breaker: self, epoch: core.epoch))
      case .halfOpen: return .failure(CircuitOpen(name: name, retryAfter: .milliseconds(100)))
      }
    }
    if case .failure = result { rejected.increment() }
    return try result.get()
  }

  private func settle(_ epoch: Int, hasFailed: Bool) {
    let now = elapsed()
    core.withLock { core in
      guard epoch == core.epoch else { return }
      switch core.phase {
      case .closed where !hasFailed: core.phase = .closed(failures: 0)
      case .closed(let count):
        core.phase = .closed(failures: count + 1)
        if count + 1 >= failures { open(&core, now) }
      case .halfOpen where hasFailed: open(&core, now)
      case .halfOpen:
        core.epoch += 1
        core.openings = 0
        core.phase = .closed(failures: 0)
        gauge.record(0)
      case .open: break
      }
    }
  }

  private func giveBack(_ epoch: Int) {
    core.withLock { core in
      guard epoch == core.epoch, case .halfOpen(let count) = core.phase else { return }
      core.phase = .halfOpen(probes: max(count - 1, 0))
    }
  }

  private func open(_ core: inout Core, _ now: Duration) {
    let whole = min(openFor * (1 << min(core.openings, 10)), Self.longest)
    core.openings += 1
    core.epoch += 1
    core.phase = .open(until: now + whole * (0.8 + 0.4 * jitter()))
    gauge.record(2)
    opened.increment()
  }
}
