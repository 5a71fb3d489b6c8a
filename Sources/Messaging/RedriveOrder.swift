import Foundation
public import GRDB
import Storage

/// What an operator wants to have tried again, and how.
public struct RedriveOrder: Hashable, Sendable {
  public enum Letters: Hashable, Sendable {
    case ids([String])
    /// Those that are open now; what dies later is not among them.
    case matching(DeadLetterFilter)
  }

  /// So many ids can be named; a filter means as many as there are.
  public static let mostIDs = 1000
  /// So many ids are handed back in the same unit of work, unless a rate is asked for.
  public static let mostAtOnce = 100
  /// The rate of an order without one, in letters a second.
  public static let standardRate = 50.0
  public static let rates = 0.1...10_000

  public let letters: Letters
  public let by: String
  public let why: String
  public let perSecond: Double?
  public let stopOnSameFailure: Bool

  /// - Parameters:
  ///   - by: the subject of the operator's token.
  ///   - perSecond: letters a second, within ``rates``. Nil for ``standardRate``, or for all at once when at
  ///     most ``mostAtOnce`` are named.
  ///   - stopOnSameFailure: to leave the rest dead when a letter fails again in the same way.
  public init(
    _ letters: Letters, by: String, why: String, perSecond: Double? = nil, stopOnSameFailure: Bool = true
  ) {
    switch letters {
    case .ids(let ids):
      self.letters = .ids(Set(ids).sorted())
      self.perSecond = perSecond ?? (Set(ids).count <= Self.mostAtOnce ? nil : Self.standardRate)
    case .matching(var filter):
      filter.state = .dead
      self.letters = .matching(filter)
      self.perSecond = perSecond ?? Self.standardRate
    }
    self.by = by
    self.why = why
    self.stopOnSameFailure = stopOnSameFailure
  }
}

extension RedriveOrder.Letters {
  var condition: DeadLetterCondition {
    get throws {
      switch self {
      case .ids(let ids): DeadLetterCondition(idsIn: try Self.json(ids))
      case .matching(let filter): DeadLetterCondition(filter)
      }
    }
  }

  /// How many of them are open, and how they failed: the most numerous groups.
  public func preview(in database: Database) throws -> RedrivePreview {
    let condition = try condition
    return RedrivePreview(
      count: try condition.count(in: database),
      groups: try DeadLetterGroup.page(
        PageRequest(limit: DeadLetterGroup.largestPage), of: condition, in: database
      ).items)
  }

  static func json(_ value: some Encodable) throws -> String {
    String(decoding: try EventCoding.encoder.encode(value), as: UTF8.self)
  }
}

/// What a redrive would be about.
public struct RedrivePreview: Encodable, Sendable {
  public let count: Int
  public let groups: [DeadLetterGroup]
}
