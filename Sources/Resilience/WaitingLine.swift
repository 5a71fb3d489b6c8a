/// Who waits for something, first come, first served. Who leaves loses nobody else's place.
struct WaitingLine<Value: Sendable> {
  typealias Waiter = CheckedContinuation<Value, any Error>

  private var waiters: [Int: Waiter] = [:]
  /// Where in the line the holder of a ticket stands.
  private var places: [Int: Int] = [:]
  private var tickets: [Int: Int] = [:]
  private var first = 0
  private var end = 0
  private var lastTicket = 0

  var count: Int { waiters.count }
  var isEmpty: Bool { waiters.isEmpty }

  /// Names a waiter before it waits, so that it can be told apart when it is cancelled.
  mutating func ticket() -> Int {
    lastTicket += 1
    return lastTicket
  }

  mutating func add(_ waiter: Waiter, ticket: Int) {
    waiters[end] = waiter
    places[ticket] = end
    tickets[end] = ticket
    end += 1
  }

  /// - Returns: nil when the holder of the ticket does not wait: not yet, or no more.
  mutating func remove(ticket: Int) -> Waiter? {
    guard let place = places.removeValue(forKey: ticket) else { return nil }
    tickets[place] = nil
    return waiters.removeValue(forKey: place)
  }

  mutating func popFirst() -> Waiter? {
    while first < end {
      defer { first += 1 }
      if let ticket = tickets[first] { return remove(ticket: ticket) }
    }
    return nil
  }
}
