/// What an answer says of the limit of whoever answered.
///
/// Sources: draft-ietf-httpapi-ratelimit-headers (`RateLimit`, as a structured field), and the older
/// `RateLimit-Remaining` with `RateLimit-Reset`, also with `X-` before them.
public struct RateLimitHeader: Hashable, Sendable {
  /// How many more are taken.
  public let remaining: Int
  /// Until it begins anew.
  public let reset: Duration

  public init(remaining: Int, reset: Duration) {
    self.remaining = remaining
    self.reset = reset
  }

  /// - Parameter fields: the value of a header by its name, in any case; nil where there is none.
  /// - Returns: nil when the answer says nothing of it that can be understood.
  public init?(fields: (String) -> String?) {
    if let text = fields("ratelimit"), let limit = Self.strictest(text) {
      self = limit
      return
    }
    for prefix in ["ratelimit", "x-ratelimit"] {
      guard let remaining = fields("\(prefix)-remaining").flatMap(Self.number),
        let reset = fields("\(prefix)-reset").flatMap(Self.number), reset <= Self.longest
      else { continue }
      self.init(remaining: remaining, reset: .seconds(reset))
      return
    }
    return nil
  }

  /// In seconds. What is longer is a time of day, as some write it, or a mistake.
  private static let longest = 86_400 * 31

  private static func number(_ text: some StringProtocol) -> Int? {
    Int(String(text.filter { $0 != " " })).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// `"default";r=50;t=30, "daily";r=1000;t=3600`: the one that leaves the least.
  private static func strictest(_ text: String) -> RateLimitHeader? {
    text.split(separator: ",").compactMap { item -> RateLimitHeader? in
      var parameters: [Substring: Int] = [:]
      for part in item.split(separator: ";").dropFirst() {
        let pair = part.split(separator: "=", maxSplits: 1)
        guard pair.count == 2, let value = number(pair[1]) else { continue }
        parameters[pair[0].drop { $0 == " " }] = value
      }
      guard let remaining = parameters["r"], let reset = parameters["t"], reset <= longest else { return nil }
      return RateLimitHeader(remaining: remaining, reset: .seconds(reset))
    }.min { ($0.remaining, $1.reset) < ($1.remaining, $0.reset) }
  }
}
