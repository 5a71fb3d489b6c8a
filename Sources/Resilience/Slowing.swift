/// How far a target's refusals have slowed its limiter down, and how it recovers: halved by a refusal, and
/// given back in equal steps over time (additive increase, multiplicative decrease; Chiu and Jain 1989).
struct Slowing {
  private static let least = 1.0 / 64
  /// From standing still to the full rate.
  private static let recovery = Duration.seconds(10)

  /// The part of the rate that is left, 1/64 at least.
  private(set) var factor = 1.0
  /// How often it was halved; tells requests sent before the last time from those sent after it.
  private(set) var count = 0
  /// Whether anything went out since it was last halved.
  private(set) var wasTried = true
  private var recovered = Duration.zero

  mutating func sent() { wasTried = true }

  mutating func halve() {
    factor = max(factor / 2, Self.least)
    count += 1
    wasTried = false
  }

  /// Recovery starts anew at `moment`, the end of the pause.
  mutating func disturb(at moment: Duration) {
    recovered = max(recovered, moment)
  }

  /// A success vouches for the time since the last one, but for a second at most (or the time between two
  /// requests at the full rate, where that is longer): after a long silence, one does not say much.
  mutating func succeeded(at now: Duration, rate: Double) {
    guard factor < 1, now > recovered else { return }
    let most = min(max(1, 1 / rate), Self.recovery.inSeconds / 2)
    let vouched = min((now - recovered).inSeconds, most)
    factor = min(1, factor + vouched / Self.recovery.inSeconds)
    if factor > 1 - 1e-9 { factor = 1 }
    recovered = now
  }
}
