import GRDB
public import Storage

/// Dead letters that failed in the same way, as one line.
public struct DeadLetterGroup: Encodable, Hashable, Sendable {
  public let fingerprint: String
  public let kind: DeadLetter.Kind
  public let type: String?
  public let topic: String
  /// The reason with `…` for what varies.
  public let sentence: String
  public let count: Int
  public let oldest: Timestamp
  public let newest: Timestamp
  /// The newest of them.
  public let exampleID: String
  public let exampleReason: String

  /// At most so many on a page.
  public static let largestPage = 100

  private init(row: Row) {
    fingerprint = row[0]
    count = row[1]
    oldest = row[2]
    newest = row[3]
    exampleID = row[4]
    kind = DeadLetter.Kind(rawValue: row[5]) ?? .message
    type = row[6]
    topic = row[7]
    exampleReason = row[8]
    sentence = DeadLetterFingerprint.sentence(of: exampleReason)
  }

  /// The most numerous first.
  static func page(
    _ page: PageRequest, of condition: DeadLetterCondition, in database: Database
  ) throws -> Page<DeadLetterGroup> {
    let limit = min(page.limit, largestPage)
    let place = Place(page.after)
    let rows = try Row.fetchAll(
      database,
      sql: """
        WITH failures AS (
          SELECT fingerprint, count(*) AS number, min(created_at) AS oldest, max(created_at) AS newest,
            max(id) AS example
          FROM dead_letters WHERE \(condition.sql) AND fingerprint IS NOT NULL
          GROUP BY fingerprint HAVING (number, fingerprint) < (?, ?)
          ORDER BY number DESC, fingerprint DESC LIMIT ?)
        SELECT failures.fingerprint, number, oldest, newest, example, kind, type, topic, reason
        FROM failures JOIN dead_letters ON id = example
        ORDER BY number DESC, failures.fingerprint DESC
        """, arguments: condition.arguments(then: place.count, place.fingerprint, limit + 1))
    return Page(fetched: rows.map(DeadLetterGroup.init(row:)), limit: limit) {
      Place(count: $0.count, fingerprint: $0.fingerprint).key
    }
  }

  /// Where a page starts: behind this group.
  private struct Place {
    let count: Int
    let fingerprint: String

    init(count: Int, fingerprint: String) {
      self.count = count
      self.fingerprint = fingerprint
    }

    /// The very beginning, unless `key` is one of ours.
    init(_ key: String?) {
      let parts = (key ?? "").split(separator: "/")
      if parts.count == 2, let count = Int(parts[0]) {
        self.init(count: count, fingerprint: String(parts[1]))
      } else {
        self.init(count: .max, fingerprint: "")
      }
    }

    var key: String { "\(count)/\(fingerprint)" }
  }
}
