import Metrics
import Synchronization

// The compartment for what turns out slow.

extension Bulkhead {
  /// Calls the dependency as ``run(_:)`` does, and moves the call to the slow ones when its time is over.
  ///
  /// - Parameters:
  ///   - subject: what the call is about. What was slow the last time is slow from the beginning.
  ///   - onSlow: told once the call is slow, or waits for a place as one.
  /// - Throws: ``TooManySlowCalls`` when there are so many already: a call that had begun is cancelled then.
  public func call<Value: Sendable>(
    about subject: String? = nil, onSlow: @escaping @Sendable () -> Void = {},
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let slowCalls else { return try await run(operation) }
    if let subject, places.withLock({ $0.isSlow(subject) }) {
      onSlow()
      return try await call(slow: subject, slowCalls, operation)
    }
    try await enter(.ordinary, limit, orThrow: BulkheadFull(name: name))
    let stay = Stay(self)
    defer { stay.leave() }
    try Task.checkCancellation()
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await operation() }
      group.addTask { [timeline] in
        do { try await timeline.sleep(until: timeline.now + slowCalls.after) } catch { return nil }
        try stay.becomeSlow(subject, slowCalls)
        onSlow()
        return nil
      }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        if let value = ended { return value }
      }
      throw CancellationError()
    }
  }

  private func call<Value: Sendable>(
    slow subject: String, _ slowCalls: SlowCalls, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await enter(.slow, slowCalls.limit, orThrow: TooManySlowCalls(name: name))
    defer { leave(.slow) }
    try Task.checkCancellation()
    let started = timeline.now
    defer {
      // However it ended: it is not slow any more.
      if timeline.now - started < slowCalls.after {
        places.withLock { $0.note(subject, isSlow: false) }
      }
    }
    return try await operation()
  }

  /// The place of one call that began as an ordinary one.
  private final class Stay: Sendable {
    private enum Place { case ordinary, slow, none }

    private let bulkhead: Bulkhead
    private let place = Mutex(Place.ordinary)

    init(_ bulkhead: Bulkhead) { self.bulkhead = bulkhead }

    func becomeSlow(_ subject: String?, _ calls: SlowCalls) throws {
      let isMoved = try place.withLock { place in
        guard case .ordinary = place else { return false }
        let isTaken = bulkhead.places.withLock { places in
          if let subject { places.note(subject, isSlow: true) }
          defer { places.report() }
          return places[.slow].take(calls.limit)
        }
        guard isTaken else {
          bulkhead.rejected.increment()
          throw TooManySlowCalls(name: bulkhead.name)
        }
        place = .slow
        return true
      }
      // Outside of its own lock: whoever gets the place may go on at once.
      if isMoved { bulkhead.leave(.ordinary) }
    }

    func leave() {
      let last = place.withLock { place in
        defer { place = .none }
        return place
      }
      switch last {
      case .ordinary: bulkhead.leave(.ordinary)
      case .slow: bulkhead.leave(.slow)
      case .none: break
      }
    }
  }
}
