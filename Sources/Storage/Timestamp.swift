import Foundation
public import GRDB

/// A moment in UTC, to the millisecond.
///
/// Stored as an integer (milliseconds since 1970-01-01T00:00:00Z), written in JSON as RFC 3339 with
/// three fractional digits and `Z`.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// The wall clock. Decisions are handed their `now`; only the edges of the program ask for it.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds + duration.inMilliseconds)
  }

  public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds - duration.inMilliseconds)
  }

  /// The time that passed from `earlier` to this moment; negative when `earlier` is later.
  public func since(_ earlier: Timestamp) -> Duration {
    .milliseconds(milliseconds - earlier.milliseconds)
  }
}

extension Timestamp: CustomStringConvertible {
  /// Parses RFC 3339, with or without a fraction of a second; nil for anything else.
  public init?(_ text: String) {
    guard
      let date = (try? Self.precise.parse(text)) ?? (try? Self.plain.parse(text))
    else { return nil }
    self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }

  public var description: String {
    // The style cuts what is beyond milliseconds off, so a moment must not lie just below its own.
    Self.precise.format(Date(timeIntervalSince1970: (Double(milliseconds) + 0.25) / 1000))
  }

  private static let precise = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let plain = Date.ISO8601FormatStyle()
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let parsed = Timestamp(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time"))
    }
    self = parsed
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Timestamp: DatabaseValueConvertible, StatementColumnConvertible {
  public var databaseValue: DatabaseValue { milliseconds.databaseValue }

  public static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
    Int64.fromDatabaseValue(value).map(Timestamp.init(milliseconds:))
  }

  public init?(sqliteStatement: SQLiteStatement, index: CInt) {
    self.init(milliseconds: Int64(sqliteStatement: sqliteStatement, index: index))
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  public var inMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  public static func days(_ days: Int64) -> Duration { .seconds(days * 86_400) }
  public static func hours(_ hours: Int64) -> Duration { .seconds(hours * 3_600) }
}
