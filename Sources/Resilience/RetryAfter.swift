public import Foundation

/// When to come again, as a response's `Retry-After` says: RFC 9110, 10.2.3.
public struct RetryAfter: Hashable, Sendable {
  /// Never negative, and a year at most.
  public let delay: Duration

  /// - Parameters:
  ///   - text: seconds, or a date in any of the three formats of RFC 9110, 5.6.7. Seconds may have a fraction,
  ///     although none is allowed.
  ///   - now: what a date is compared with; best the response's own `Date`, which comes from the same clock.
  /// - Returns: nil for anything else.
  public init?(text: String, now: Date = Date()) {
    let text = text.trimmingCharacters(in: .whitespaces)
    if let delay = Duration(seconds: text) {
      self.delay = delay.bounded
    } else if let date = HTTPDate(text, now: now) {
      // Not early, and not late for the error of the floating point.
      let milliseconds = (date.date.timeIntervalSince(now) * 1000 - 1e-3).rounded(.up)
      delay = .milliseconds(Int64(min(max(milliseconds, 0), Timeline.longest.inSeconds * 1000)))
    } else {
      return nil
    }
  }
}

extension Duration {
  /// Digits, and perhaps a fraction; more than fits counts as the longest time there is.
  init?(seconds text: some StringProtocol) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(digits.contains) }), let whole = parts.first
    else { return nil }
    guard let seconds = Int64(String(decoding: whole, as: UTF8.self)), seconds < 1 << 53 else {
      self = Timeline.longest
      return
    }
    // Cut off rather than rounded up to the next second; below a nanosecond nobody waits.
    let fraction = parts.dropFirst().first.map { String(decoding: $0.prefix(9), as: UTF8.self) } ?? ""
    let padded = fraction + String(repeating: "0", count: 9 - fraction.utf8.count)
    guard let nanoseconds = Int64(padded) else { return nil }
    self = .seconds(seconds) + .nanoseconds(nanoseconds)
  }
}
