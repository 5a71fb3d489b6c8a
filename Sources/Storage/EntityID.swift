public import GRDB

/// The identity of one kind of entity: text that cannot be taken for the identity of another kind.
///
///     public enum WorkflowKind {}
///     public typealias WorkflowID = EntityID<WorkflowKind>
public struct EntityID<Kind>: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  public init(_ text: some StringProtocol) {
    rawValue = String(text)
  }

  /// A new identity, time-ordered.
  public static func new(at now: Timestamp) -> EntityID {
    EntityID(rawValue: UUIDv7.next(at: now))
  }

  public var description: String { rawValue }
}

extension EntityID: Codable {
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension EntityID: DatabaseValueConvertible, StatementColumnConvertible {
  public init?(sqliteStatement: SQLiteStatement, index: CInt) {
    self.init(rawValue: String(sqliteStatement: sqliteStatement, index: index))
  }

  public var databaseValue: DatabaseValue { rawValue.databaseValue }

  public static func fromDatabaseValue(_ value: DatabaseValue) -> EntityID? {
    String.fromDatabaseValue(value).map(EntityID.init(rawValue:))
  }
}
