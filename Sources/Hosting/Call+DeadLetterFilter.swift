import HTTPAPI
import Messaging
import Storage

extension Call {
  /// The filter asked for with `?kind=`, `?fingerprint=`, `?type=`, `?state=`, `?olderThan=` and `?newerThan=`;
  /// `?all=true` means every state.
  /// - Throws: a 422 problem that points to what cannot be understood.
  func deadLetterFilter(at now: Timestamp) throws -> DeadLetterFilter {
    var wishes = DeadLetterWishes()
    wishes.kind = query("kind")
    wishes.fingerprint = query("fingerprint")
    wishes.type = query("type")
    wishes.olderThan = query("olderThan")
    wishes.newerThan = query("newerThan")
    var (filter, faults) = wishes.filter(at: now, under: "")
    switch query("state") {
    case nil: if query("all") == "true" { filter.state = nil }
    case "all": filter.state = nil
    case .some(let text):
      filter.state = DeadLetter.State(rawValue: text)
      if filter.state == nil { faults.append(.init("/state", "must be dead, redriven, discarded or all")) }
    }
    guard faults.isEmpty else { throw Problem.invalid(faults) }
    return filter
  }
}
