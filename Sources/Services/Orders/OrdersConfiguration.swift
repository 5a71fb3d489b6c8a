import Hosting
import Messaging

/// How orders are completed: read once, at the start.
struct OrdersConfiguration: Sendable {
  /// `ORDERS_ANSWER_WITHIN`: how long a request waits for its order, in milliseconds.
  let answerWithin: Duration
  /// `ORDERS_MAX_ATTEMPTS`: after so many failed attempts an order has FAILED, and is a dead letter.
  let maxAttempts: Int
  /// `ORDERS_MAX_AGE_S`: for how long an order is tried.
  let maxAge: Duration
  /// `ORDERS_PRODUCT_URL`, `ORDERS_USER_URL`: where the two services are; the simulators on this machine unless
  /// it is said.
  let productURL: String
  let userURL: String
  /// `ORDERS_TIMEOUT_MS`: how long one answer of a service may take.
  let timeout: Duration
  /// `ORDERS_SLOW_AFTER_MS`: an answer that takes longer is slow; orders that wait for one stand aside.
  let slowAfter: Duration
  /// `ORDERS_FRESH_S`: for how long a good answer is given again without asking.
  let freshFor: Duration
  /// `ORDERS_STALE_S`: for how much longer it may stand in for one that is not to be had; marked in the order.
  let staleFor: Duration
  /// `ORDERS_RETRY_FIRST_MS`, `ORDERS_RETRY_MAX_MS`: the delays before the next attempt begin with the first and
  /// double up to the largest, each with full jitter.
  let policy: RetryPolicy

  init(_ settings: Settings) throws(SettingError) {
    let hour = 3_600_000
    answerWithin = .milliseconds(
      try settings.integer("ORDERS_ANSWER_WITHIN", default: 1500, in: 0...60_000))
    maxAttempts = try settings.integer("ORDERS_MAX_ATTEMPTS", default: 10, in: 1...1000)
    maxAge = .seconds(try settings.integer("ORDERS_MAX_AGE_S", default: 300, in: 1...31_536_000))
    productURL = try Self.address(settings, "ORDERS_PRODUCT", simulator: "PRODUCT_SIMULATOR_PORT", 8093)
    userURL = try Self.address(settings, "ORDERS_USER", simulator: "USER_SIMULATOR_PORT", 8094)
    timeout = .milliseconds(try settings.integer("ORDERS_TIMEOUT_MS", default: 90_000, in: 1...hour))
    slowAfter = .milliseconds(try settings.integer("ORDERS_SLOW_AFTER_MS", default: 1000, in: 1...hour))
    freshFor = .seconds(try settings.integer("ORDERS_FRESH_S", default: 30, in: 0...86_400))
    staleFor = .seconds(try settings.integer("ORDERS_STALE_S", default: 0, in: 0...31_536_000))
    let first = try settings.integer("ORDERS_RETRY_FIRST_MS", default: 500, in: 1...hour)
    let largest = try settings.integer("ORDERS_RETRY_MAX_MS", default: max(30_000, first), in: first...hour)
    policy = RetryPolicy(
      firstDelay: .milliseconds(first), largestDelay: .milliseconds(largest), attempts: .max)
  }

  /// - Returns: without a slash at its end.
  private static func address(
    _ settings: Settings, _ name: String, simulator: String, _ port: Int
  ) throws(SettingError) -> String {
    let port = try settings.port(simulator, default: port)
    let url = settings.text("\(name)_URL") ?? "http://127.0.0.1:\(port)"
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains("?"), !url.contains("#") else {
      throw SettingError(
        key: "\(name)_URL", expected: "an address that begins with https:// or http://, without a query")
    }
    return String(url.reversed().drop { $0 == "/" }.reversed())
  }
}
