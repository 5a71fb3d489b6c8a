import Foundation

/// A date as HTTP writes it, in any of the three formats a recipient must take: RFC 9110, 5.6.7.
///
///     Sun, 06 Nov 1994 08:49:37 GMT      today's
///     Sunday, 06-Nov-94 08:49:37 GMT     RFC 850's
///     Sun Nov  6 08:49:37 1994           asctime's
struct HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  let date: Date

  /// - Parameter now: tells the century of a year of two digits: none is more than fifty years ahead.
  init?(_ text: String, now: Date) {
    let words = text.split(separator: " ")
    let parts: (day: Substring, month: Substring, year: Substring, time: Substring)
    switch words.count {
    case 6 where words[5] == "GMT": parts = (words[1], words[2], words[3], words[4])
    case 5: parts = (words[2], words[1], words[4], words[3])
    case 4 where words[3] == "GMT":
      let day = words[1].split(separator: "-", omittingEmptySubsequences: false)
      guard day.count == 3 else { return nil }
      parts = (day[0], day[1], day[2], words[2])
    default: return nil
    }
    guard let month = Self.months.firstIndex(of: String(parts.month)), let day = Self.number(parts.day),
      var year = Self.number(parts.year), let time = Self.secondOfDay(parts.time)
    else { return nil }
    if parts.year.count == 2 { year = Self.century(of: year, now) }
    guard let date = Self.midnight(year, month + 1, day) else { return nil }
    self.date = date.addingTimeInterval(Double(time))
  }

  private static func century(of year: Int, _ now: Date) -> Int {
    let latest = utc.component(.year, from: now) + 50
    return latest - (latest - year) % 100
  }

  private static func midnight(_ year: Int, _ month: Int, _ day: Int) -> Date? {
    let components = DateComponents(year: year, month: month, day: day)
    guard let date = utc.date(from: components), utc.component(.day, from: date) == day else { return nil }
    return date
  }

  private static func secondOfDay(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(number)
    guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
      // A leap second is written 60.
      hour < 24, minute < 60, second <= 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static func number(_ text: Substring) -> Int? {
    let isNumber = (1...4).contains(text.utf8.count) && text.allSatisfy { ("0"..."9").contains($0) }
    return isNumber ? Int(text) : nil
  }

  private static var utc: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }
}
