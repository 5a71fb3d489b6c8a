import Tracing

/// A moment as RFC 3339 writes it: `2026-03-01T07:08:09.010Z`.
struct UTCTime {
  private let milliseconds: Int
  private let secondOfDay: Int
  private let days: Int

  init(_ instant: some TracerInstant) {
    let sinceEpoch = Int(instant.millisecondsSinceEpoch)
    milliseconds = sinceEpoch % 1000
    secondOfDay = sinceEpoch / 1000 % 86_400
    days = sinceEpoch / 86_400_000
  }

  func append(to bytes: inout [UInt8]) {
    let (year, month, day) = date
    append(year, digits: 4, then: "-", to: &bytes)
    append(month, digits: 2, then: "-", to: &bytes)
    append(day, digits: 2, then: "T", to: &bytes)
    append(secondOfDay / 3600, digits: 2, then: ":", to: &bytes)
    append(secondOfDay / 60 % 60, digits: 2, then: ":", to: &bytes)
    append(secondOfDay % 60, digits: 2, then: ".", to: &bytes)
    append(milliseconds, digits: 3, then: "Z", to: &bytes)
  }

  /// Days since 1970 to year, month and day of the Gregorian calendar.
  ///
  /// The year is counted from March, so that the leap day is its last; 719,468 days lie between
  /// 0000-03-01 and 1970-01-01, and the calendar repeats after 146,097 days (400 years).
  private var date: (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private func append(
    _ number: Int, digits: Int, then separator: Unicode.Scalar, to bytes: inout [UInt8]
  ) {
    var scale = 1
    for _ in 1..<digits { scale *= 10 }
    while scale > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
      scale /= 10
    }
    bytes.append(UInt8(ascii: separator))
  }
}
