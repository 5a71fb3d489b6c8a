public import Foundation

/// What a target says in its responses about what is left of its quotas.
///
/// Read are, the first that says something: `RateLimit` with `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers from version 08 on: `"default";r=50;t=30`), `RateLimit` of version 07
/// (`limit=100, remaining=50, reset=30`), `RateLimit-Remaining` with `RateLimit-Reset` (before), and
/// `X-RateLimit-Remaining` with `X-RateLimit-Reset`. What cannot be read says nothing.
public struct RateLimitHeader: Hashable, Sendable {
  public struct Quota: Hashable, Sendable {
    /// The policy by its name; empty where the field names none.
    public let policy: String
    /// How many requests are left, for all instances together.
    public let remaining: Int
    /// How long until the quota is renewed. When the target did not say: the whole window of its policy.
    public let reset: Duration

    public init(policy: String = "", remaining: Int, reset: Duration) {
      self.policy = policy
      self.remaining = remaining
      self.reset = reset
    }
  }

  /// All of them hold at once; none when the response says nothing.
  public let quotas: [Quota]

  public init(quotas: [Quota]) {
    self.quotas = quotas
  }

  /// - Parameters:
  ///   - fields: a response's field by its name, in any case; several lines of one joined by commas.
  ///   - now: what a reset that is a moment is compared with.
  public init(fields: (String) -> String?, now: Date = Date()) {
    let structured = Self.structured(fields("RateLimit"), policies: fields("RateLimit-Policy"))
    if !structured.isEmpty {
      quotas = structured
    } else if let quota = Self.dictionary(fields("RateLimit")) ?? Self.plain("RateLimit", fields, now)
      ?? Self.plain("X-RateLimit", fields, now) ?? Self.plain("X-Rate-Limit", fields, now)
    {
      quotas = [quota]
    } else {
      quotas = []
    }
  }
}
