import Contracts

/// What an attempt at a task will be like: fake, but the same for the same seed, task and attempt, so that an
/// attempt that is resumed after a crash goes the way it would have gone.
struct FakeWork: Hashable, Sendable {
  let milliseconds: Int
  /// Nil when it goes well.
  let failure: String?

  /// - Parameter input: `failAttempts` makes the first so many attempts fail, `delayMs` sets how long each takes;
  ///   whatever else it holds changes nothing.
  init(
    _ task: TaskID, attempt: Int, input: JSONValue, delay: ClosedRange<Int>, failureRate: Double, seed: UInt64
  ) {
    var dice = Dice(seed, "\(task)", attempt)
    let drawn = delay.lowerBound + Int(dice.fraction() * Double(delay.upperBound - delay.lowerBound))
    milliseconds = input["delayMs"]?.integer.map { min(max($0, 0), Self.longestMilliseconds) } ?? drawn
    let isUnlucky = dice.fraction() < failureRate
    if let count = input["failAttempts"]?.integer {
      failure = attempt <= count ? "its input asks for \(count) failed attempts" : nil
    } else {
      failure = isUnlucky ? "the fake work failed, as it does now and then" : nil
    }
  }

  private static let longestMilliseconds = 3_600_000
}

/// Numbers that follow from what they are asked for. SplitMix64 (Steele, Lea, Flood 2014) over an FNV-1a hash.
private struct Dice {
  private var state: UInt64

  init(_ seed: UInt64, _ task: String, _ attempt: Int) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in task.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = hash ^ seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(attempt)
  }

  /// From 0 up to 1.
  mutating func fraction() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return Double(mixed >> 11) / Double(1 << 53)
  }
}
