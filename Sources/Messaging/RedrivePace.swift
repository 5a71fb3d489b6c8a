import Foundation

/// How fast a redrive goes: one letter in the first second, and twice as many in each that follows, up to its
/// rate. What fails again at once has cost one letter, and what fails after three seconds at most fifteen.
struct RedrivePace {
  /// A unit of work is small, so that it holds nobody up.
  private static let largestBatch = 100.0
  /// A letter that is under way for longer does not hold the others up.
  private static let patience = Duration.seconds(10)
  private static let look = Duration.seconds(1)

  private let perSecond: Double
  private var elapsed = Duration.zero
  private var held = Duration.zero

  init(perSecond: Double) {
    self.perSecond = perSecond
  }

  /// Letters a second, now.
  private var rate: Double {
    // Beyond 2^14 no rate goes.
    min(perSecond, exp2(Double(min(elapsed.components.seconds, 14))))
  }

  /// How many letters the next step may take: a tenth of a second's.
  var batch: Int { Int(min((rate / 10).rounded(.up), Self.largestBatch)) }

  /// Whether the next step takes one letter even while those before are under way.
  var pushes: Bool { held >= Self.patience }

  /// - Returns: how long to wait after a step that took `count` letters.
  mutating func wait(after count: Int) -> Duration {
    guard count > 0 else {
      held += Self.look
      return Self.look
    }
    let wait = Duration.seconds(Double(count) / rate)
    held = .zero
    elapsed += wait
    return wait
  }
}
