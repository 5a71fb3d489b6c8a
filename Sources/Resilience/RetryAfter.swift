public import Foundation

/// How long an answer asks to wait. Source: RFC 9110, section 10.2.3.
public struct RetryAfter: Hashable, Sendable {
  public let delay: Duration

  /// - Parameters:
  ///   - text: seconds, or a date of HTTP.
  ///   - now: what a date is measured against.
  /// - Returns: nil when it is neither.
  public init?(text: String, now: Date) {
    let text = text.trimmingCharacters(in: .whitespaces)
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let seconds = Int64(text), seconds <= 10 * 365 * 86_400 else { return nil }
      delay = .seconds(seconds)
      return
    }
    guard let date = Self.date(text) else { return nil }
    delay = max(.milliseconds(Int64((date.timeIntervalSince(now) * 1000).rounded(.up))), .zero)
  }

  /// RFC 9110, section 5.6.7: the form in use, and the two obsolete ones that must be understood.
  private static func date(_ text: String) -> Date? {
    for form in [
      "EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "EEE MMM d HH:mm:ss yyyy",
    ] {
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.timeZone = TimeZone(identifier: "GMT")
      formatter.dateFormat = form
      if let date = formatter.date(from: text) { return date }
    }
    return nil
  }
}
