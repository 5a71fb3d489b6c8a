import GRDB
public import Storage

/// Which dead letters are meant: those that every part given is true of.
public struct DeadLetterFilter: Codable, Hashable, Sendable {
  public var kind: DeadLetter.Kind?
  /// Those that failed in this way.
  public var fingerprint: String?
  /// The event's name or the job's kind.
  public var type: String?
  /// Those that died at this moment or before.
  public var bornBefore: Timestamp?
  /// Those that died after this moment.
  public var bornAfter: Timestamp?
  /// Nil for every state. A redrive is always of those that are dead, so it is not kept with one.
  public var state: DeadLetter.State? = .dead

  public init(
    kind: DeadLetter.Kind? = nil, fingerprint: String? = nil, type: String? = nil,
    bornBefore: Timestamp? = nil, bornAfter: Timestamp? = nil, state: DeadLetter.State? = .dead
  ) {
    self.kind = kind
    self.fingerprint = fingerprint
    self.type = type
    self.bornBefore = bornBefore
    self.bornAfter = bornAfter
    self.state = state
  }

  private enum CodingKeys: CodingKey {
    case kind, fingerprint, type, bornBefore, bornAfter
  }

  /// Whether `text` can be a fingerprint: 12 hexadecimal digits, in lower case.
  public static func isFingerprint(_ text: String) -> Bool { DeadLetterFingerprint.isWellFormed(text) }
}

/// A condition on rows of `dead_letters`, and what its question marks stand for.
struct DeadLetterCondition {
  private(set) var sql: String
  private(set) var arguments: [any DatabaseValueConvertible]

  private init(_ sql: String, _ arguments: [any DatabaseValueConvertible] = []) {
    self.sql = sql
    self.arguments = arguments
  }

  init(_ filter: DeadLetterFilter) {
    // Spelt out, because the indexes are of open letters alone.
    self.init(filter.state.map { "state = '\($0.rawValue)'" } ?? "TRUE")
    add("kind = ?", filter.kind?.rawValue)
    add("fingerprint = ?", filter.fingerprint)
    add("type = ?", filter.type)
    add("created_at <= ?", filter.bornBefore)
    add("created_at > ?", filter.bornAfter)
  }

  /// The open ones among `ids`, which is a JSON array.
  init(idsIn ids: String) {
    self.init("state = 'dead' AND id IN (SELECT value FROM json_each(?))", [ids])
  }

  mutating func add(_ condition: String, _ argument: (any DatabaseValueConvertible)?) {
    guard let argument else { return }
    sql += " AND \(condition)"
    arguments.append(argument)
  }

  /// What all question marks stand for when others follow the condition.
  func arguments(then last: any DatabaseValueConvertible...) -> StatementArguments {
    StatementArguments(arguments + last)
  }

  func count(in database: Database) throws -> Int {
    let select = "SELECT count(*) FROM dead_letters WHERE \(sql)"
    return try Int.fetchOne(database, sql: select, arguments: StatementArguments(arguments)) ?? 0
  }
}
