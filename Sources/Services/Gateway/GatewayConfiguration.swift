import Hosting
import Storage

/// How the gateway delivers: read once, at the start.
struct GatewayConfiguration: Sendable {
  /// `GATEWAY_TARGET_URL`: the target's GraphQL endpoint; the simulator on this machine unless it is said.
  let targetURL: String
  /// `GATEWAY_TARGET_TOKEN`: sent as a bearer token.
  let targetToken: Secret?
  /// `GATEWAY_TARGET_RATE`: requests a second, of all instances together.
  let rate: Double
  /// `GATEWAY_TARGET_BURST`: how many may go out at once after a pause.
  let burst: Int
  /// `GATEWAY_TARGET_TIMEOUT_MS`: how long an answer may take.
  let timeout: Duration
  /// `GATEWAY_BATCH`: the most events in one request.
  let batch: Int
  /// `GATEWAY_ORDERED`: whether the events of a source are delivered one after the other.
  let isOrdered: Bool
  /// `GATEWAY_MAX_AGE_S`: for how long a delivery is tried, from its first attempt on.
  let maxAge: Duration
  /// `GATEWAY_RETRY_FIRST_MS`, `GATEWAY_RETRY_MAX_MS`: the delays before the next attempt begin with the first and
  /// double up to the largest, each with full jitter.
  let firstRetry: Duration
  let largestRetry: Duration

  init(_ settings: Settings) throws(SettingError) {
    let simulator = try settings.port("TARGET_SIMULATOR_PORT", default: 8092)
    targetURL = settings.text("GATEWAY_TARGET_URL") ?? "http://127.0.0.1:\(simulator)/graphql"
    guard targetURL.hasPrefix("http://") || targetURL.hasPrefix("https://") else {
      throw SettingError(
        key: "GATEWAY_TARGET_URL", expected: "an address that begins with https:// or http://")
    }
    targetToken = settings.text("GATEWAY_TARGET_TOKEN").map { Secret($0) }
    rate = try settings.number("GATEWAY_TARGET_RATE", default: 50, in: 0.01...100_000)
    burst = try settings.integer("GATEWAY_TARGET_BURST", default: 10, in: 1...100_000)
    let hour = 3_600_000
    timeout = .milliseconds(
      try settings.integer("GATEWAY_TARGET_TIMEOUT_MS", default: 10_000, in: 1...hour))
    batch = try settings.integer("GATEWAY_BATCH", default: 20, in: 1...1000)
    isOrdered = try settings.integer("GATEWAY_ORDERED", default: 0, in: 0...1) == 1
    maxAge = .seconds(try settings.integer("GATEWAY_MAX_AGE_S", default: 86_400, in: 1...31_536_000))
    let first = try settings.integer("GATEWAY_RETRY_FIRST_MS", default: 1000, in: 1...hour)
    firstRetry = .milliseconds(first)
    largestRetry = .milliseconds(
      try settings.integer("GATEWAY_RETRY_MAX_MS", default: max(60_000, first), in: first...hour))
  }

  /// How many requests may be under way at once: enough to use the rate up when answers take two seconds.
  var parallel: Int { min(max(Int(rate * 2), 16), 1000) }
}
