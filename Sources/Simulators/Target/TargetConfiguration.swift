/// How the target simulator is set up: read once, at the start.
public struct TargetConfiguration: Sendable {
  /// Where it listens.
  public var host = "127.0.0.1"
  /// `TARGET_SIMULATOR_PORT`; 0 for any free one.
  public var port = 8092
  /// `TARGET_SIMULATOR_TOKEN`: what callers must show as a bearer token; nil to let everybody in.
  public var token: String?
  /// How it treats its callers at first.
  public var behaviour = Behaviour()

  public init() {}

  /// - Parameter environment: `TARGET_SIMULATOR_PORT`, `_TOKEN`, `_RATE`, `_BURST`, `_LATENCY_MS`, `_JITTER_MS`,
  ///   `_SEED`, `_SERVER_ERRORS`, `_EVENT_ERRORS`, `_DROPS_BEFORE`, `_DROPS_AFTER`, `_GARBAGE`, `_BIG_ANSWERS`,
  ///   `_HANGS`, `_POISON` (separated by commas), and `_POISON_FAILS_REQUEST` and `_NON_NULL` (0 or 1).
  public init(environment: [String: String], host: String = "127.0.0.1") throws(SimulatorSettingError) {
    let settings = SimulatorSettings(environment: environment)
    func key(_ name: String) -> String { "TARGET_SIMULATOR_\(name)" }
    func share(_ name: String) throws(SimulatorSettingError) -> Double {
      try settings.number(key(name), default: 0, in: 0...1)
    }
    func milliseconds(_ name: String) throws(SimulatorSettingError) -> Int {
      try settings.integer(key(name), default: 0, in: 0...Behaviour.mostMilliseconds)
    }
    self.host = host
    port = try settings.port(key("PORT"), default: port)
    token = settings.text(key("TOKEN"))
    let rate = try settings.number(key("RATE"), default: 0, in: 0...1_000_000)
    behaviour.rate = rate == 0 ? nil : max(rate, 0.001)
    behaviour.burst = try settings.integer(key("BURST"), default: max(1, Int(rate)), in: 1...1_000_000)
    behaviour.latencyMilliseconds = try milliseconds("LATENCY_MS")
    behaviour.jitterMilliseconds = try milliseconds("JITTER_MS")
    behaviour.seed = UInt64(try settings.integer(key("SEED"), default: 0, in: 0...Int.max))
    behaviour.serverErrors = try share("SERVER_ERRORS")
    behaviour.eventErrors = try share("EVENT_ERRORS")
    behaviour.dropsBefore = try share("DROPS_BEFORE")
    behaviour.dropsAfter = try share("DROPS_AFTER")
    behaviour.garbage = try share("GARBAGE")
    behaviour.bigAnswers = try share("BIG_ANSWERS")
    behaviour.hangs = try share("HANGS")
    behaviour.poison = Set((settings.text(key("POISON")) ?? "").split(separator: ",").map { String($0) })
    behaviour.poisonFailsRequest =
      try settings.integer(key("POISON_FAILS_REQUEST"), default: 0, in: 0...1) == 1
    behaviour.nonNull = try settings.integer(key("NON_NULL"), default: 0, in: 0...1) == 1
    guard behaviour.sumOfShares <= 1 else {
      throw SimulatorSettingError(
        key: key("SERVER_ERRORS"), expected: "at most 1 together with the other shares of requests")
    }
  }
}
