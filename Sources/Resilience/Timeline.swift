/// The time that has passed on a clock since this was made: what everything in this room reckons in.
struct Timeline: Sendable {
  /// What is much longer does not fit the system's clock, and nobody means it.
  static let longest = Duration.seconds(365 * 86_400)

  private let elapsed: @Sendable () -> Duration
  private let sleepUntil: @Sendable (Duration) async throws -> Void

  init(_ clock: any Clock<Duration>) {
    self = Self.on(clock)
  }

  private static func on(_ clock: some Clock<Duration>) -> Timeline {
    let start = clock.now
    return Timeline(
      elapsed: { start.duration(to: clock.now) },
      sleepUntil: { try await clock.sleep(until: start.advanced(by: $0), tolerance: .zero) })
  }

  private init(
    elapsed: @escaping @Sendable () -> Duration,
    sleepUntil: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.elapsed = elapsed
    self.sleepUntil = sleepUntil
  }

  var now: Duration { elapsed() }

  /// - Throws: `CancellationError`.
  func sleep(until moment: Duration) async throws {
    try await sleepUntil(moment)
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// Not less than nothing, and not more than any clock can bear.
  var bounded: Duration { min(max(self, .zero), Timeline.longest) }
}
