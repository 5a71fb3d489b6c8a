import Metrics
import Synchronization

// The compartment for what turns out slow.

extension Bulkhead {
  /// Calls the dependency as ``run(_:)`` does, and moves the call to the slow ones when its time is over.
  ///
  /// - Parameters:
  ///   - subject: what the call is about. What was slow the last time is slow from the beginning; when it has to
  ///     wait for a place, it may be called once more in vain.
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
    _ = try await enter(.ordinary, orThrow: BulkheadFull(name: name))
    return try await call(from: .ordinary, about: subject, onSlow: onSlow, slowCalls, operation)
  }

  private func call<Value: Sendable>(
    slow subject: String, _ slowCalls: SlowCalls, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let full = TooManySlowCalls(name: name)
    if try await enter(.trial, orThrow: full) == .trial {
      do {
        return try await call(from: .trial, about: subject, onSlow: {}, slowCalls, operation)
      } catch is TooManySlowCalls {
        // It is slow indeed.
        _ = try await enter(.slow, orThrow: full)
      }
    }
    defer { leave(.slow) }
    try Task.checkCancellation()
    let started = timeline.now
    defer { if timeline.now - started < slowCalls.after { forget(subject) } }
    return try await operation()
  }

  /// The call has a place that it may keep for a time, and moves on to a slow one then.
  private func call<Value: Sendable>(
    from place: Places.Kind, about subject: String?, onSlow: @escaping @Sendable () -> Void,
    _ slowCalls: SlowCalls, _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let stay = Stay(self, in: place)
    defer {
      // However it ended: it is not slow any more.
      if !stay.leave(), place == .trial, let subject { forget(subject) }
    }
    try Task.checkCancellation()
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await operation() }
      group.addTask { [timeline] in
        do { try await timeline.sleep(until: timeline.now + slowCalls.after) } catch { return nil }
        try stay.becomeSlow(subject)
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

  private func forget(_ subject: String) {
    places.withLock { $0.note(subject, isSlow: false) }
  }

  /// The place of one call, which changes when it turns out slow.
  private final class Stay: Sendable {
    private struct State {
      var place: Places.Kind
      var isSlow = false
      var isOver = false
    }

    private let bulkhead: Bulkhead
    private let state: Mutex<State>

    init(_ bulkhead: Bulkhead, in place: Places.Kind) {
      self.bulkhead = bulkhead
      state = Mutex(State(place: place))
    }

    func becomeSlow(_ subject: String?) throws(TooManySlowCalls) {
      let left: Places.Kind? = try state.withLock { state throws(TooManySlowCalls) in
        guard !state.isOver else { return nil }
        state.isSlow = true
        let isTaken = bulkhead.places.withLock { places in
          if let subject { places.note(subject, isSlow: true) }
          defer { places.report() }
          return places[.slow].take()
        }
        guard isTaken else {
          if state.place == .ordinary { bulkhead.rejected.increment() }
          throw TooManySlowCalls(name: bulkhead.name)
        }
        defer { state.place = .slow }
        return state.place
      }
      // Outside of its own lock: whoever gets the place may go on at once.
      if let left { bulkhead.leave(left) }
    }

    /// - Returns: whether it turned out slow.
    func leave() -> Bool {
      let last = state.withLock { state in
        state.isOver = true
        return state
      }
      bulkhead.leave(last.place)
      return last.isSlow
    }
  }
}
