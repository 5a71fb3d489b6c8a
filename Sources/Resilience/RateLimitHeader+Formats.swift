import Foundation

extension RateLimitHeader {
  /// From version 08 of the draft on: a list of items, each a policy's name with `r` left for `t` seconds.
  /// Quotas of anything but requests do not concern a limiter of requests.
  static func structured(_ field: String?, policies: String?) -> [Quota] {
    guard let field, let items = StructuredList(field)?.items else { return [] }
    let known = policies.flatMap { StructuredList($0)?.items } ?? []
    return items.compactMap { item in
      let policy = known.first { $0.name == item.name }
      if case .string(let unit)? = policy?.parameters["qu"], unit != "requests" { return nil }
      guard let remaining = item.whole("r"), let reset = item.whole("t") ?? policy?.whole("w")
      else { return nil }
      return Quota(policy: item.name, remaining: remaining, reset: Duration.seconds(reset).bounded)
    }
  }

  /// Version 07: `limit=100, remaining=50, reset=30`.
  static func dictionary(_ field: String?) -> Quota? {
    guard let field else { return nil }
    var members: [Substring: Int] = [:]
    for member in field.split(separator: ",") {
      let pair = member.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let value = whole(pair[1]) else { continue }
      members[trimmed(pair[0])] = value
    }
    guard let remaining = members["remaining"], let reset = members["reset"] else { return nil }
    return Quota(remaining: remaining, reset: Duration.seconds(reset).bounded)
  }

  /// Fields of their own: `RateLimit-Remaining: 50` and `RateLimit-Reset: 30`.
  static func plain(_ prefix: String, _ fields: (String) -> String?, _ now: Date) -> Quota? {
    guard let remaining = fields("\(prefix)-Remaining"), let reset = fields("\(prefix)-Reset"),
      let remaining = whole(remaining[...]), let reset = Duration(seconds: trimmed(reset[...]))
    else { return nil }
    return Quota(remaining: remaining, reset: delay(reset, now).bounded)
  }

  /// Some count from now, some from 1970 in seconds, some in milliseconds; thirty years is no delay.
  private static func delay(_ reset: Duration, _ now: Date) -> Duration {
    let milliseconds = Int64((now.timeIntervalSince1970 * 1000).rounded(.down))
    return switch reset.components.seconds {
    case ..<1_000_000_000: reset
    case ..<100_000_000_000: reset - .milliseconds(milliseconds)
    default: reset / 1000 - .milliseconds(milliseconds)
    }
  }

  private static func whole(_ text: Substring) -> Int? {
    let digits = trimmed(text)
    guard digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Int(digits)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    let start = text.drop(while: isBlank)
    return start.lastIndex { !isBlank($0) }.map { start[...$0] } ?? start.prefix(0)
  }
}
