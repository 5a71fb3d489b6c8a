import HTTPAPI
import Messaging
import Storage

/// An order as a client writes it.
struct RedriveBody: Decodable, Sendable {
  private static let longestWhy = 500

  let ids: [String]?
  let filter: DeadLetterWishes?
  let why: String?
  let dryRun: Bool?
  let perSecond: Double?
  let stopOnSameFailure: Bool?

  /// - Throws: a 422 problem that points to everything that is wrong.
  func order(by subject: String, at now: Timestamp) throws -> RedriveOrder {
    var faults: [Problem.Fault] = []
    let letters = letters(at: now, &faults)
    let why = (why ?? "").trimming(while: \.isWhitespace)
    // What changes nothing needs no reason.
    if why.isEmpty, dryRun != true {
      faults.append(.init("/why", "must say why they are tried again, for the record"))
    }
    if why.unicodeScalars.count > Self.longestWhy {
      faults.append(.init("/why", "must be at most \(Self.longestWhy) characters long"))
    }
    if let perSecond, !RedriveOrder.rates.contains(perSecond) {
      faults.append(.init("/perSecond", "must be a number from 0.1 to 10000"))
    }
    guard faults.isEmpty, let letters else { throw Problem.invalid(faults) }
    return RedriveOrder(
      letters, by: subject, why: why, perSecond: perSecond, stopOnSameFailure: stopOnSameFailure ?? true)
  }

  private func letters(at now: Timestamp, _ faults: inout [Problem.Fault]) -> RedriveOrder.Letters? {
    switch (ids, filter) {
    case (let ids?, nil):
      if ids.isEmpty { faults.append(.init("/ids", "must not be empty")) }
      if ids.count > RedriveOrder.mostIDs {
        faults.append(.init("/ids", "must be at most \(RedriveOrder.mostIDs); a filter can mean more"))
      }
      return .ids(ids)
    case (nil, let wishes?):
      // So that nobody means everything by mistake.
      if wishes.isEmpty { faults.append(.init("/filter", "must not be empty; olderThan 0s means all")) }
      let (filter, wrong) = wishes.filter(at: now, under: "/filter")
      faults += wrong
      return .matching(filter)
    case (nil, nil):
      faults.append(.init("/ids", "is required, unless there is a filter"))
    case (_?, _?):
      faults.append(.init("/filter", "must not be there together with ids"))
    }
    return nil
  }
}

extension String {
  fileprivate func trimming(while isPadding: (Character) -> Bool) -> String {
    guard let last = lastIndex(where: { !isPadding($0) }) else { return "" }
    return String(self[...last].drop(while: isPadding))
  }
}
