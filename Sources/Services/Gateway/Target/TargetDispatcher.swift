import Logging
import Messaging
import Resilience
import Storage

/// Sends events to the target: as many in one request as wait for it, no faster than its limit allows, and not at
/// all while its circuit breaker is open.
///
/// Those that wait are jobs that run: they wait here in memory, in their order, and a stop gives them back.
actor TargetDispatcher {
  struct Item: Sendable {
    let ticket: Int
    let event: Int64
    let attempt: Int
    let promise: CheckedContinuation<Delivered, any Error>
  }

  nonisolated let target: Target
  private let store: Store
  private let logger: Logger
  private var waiting: [Item] = [] {
    didSet { note() }
  }
  /// What is sent again at once, in requests of its own.
  private var parts: [[Item]] = [] {
    didSet { note() }
  }
  private var underWay = 0 {
    didSet { note() }
  }
  private var tickets = 0
  private var pump: Task<Void, Never>?

  init(_ target: Target, store: Store, logger: Logger) {
    self.target = target
    self.store = store
    self.logger = logger
  }

  /// Delivers an event, and waits as long as that takes.
  /// - Throws: `JobFailure`, or `CancellationError`: then it was not sent, or nobody knows.
  func deliver(_ event: Int64, attempt: Int) async throws -> Delivered {
    tickets += 1
    let ticket = tickets
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { promise in
        guard !Task.isCancelled else { return promise.resume(throwing: CancellationError()) }
        waiting.append(Item(ticket: ticket, event: event, attempt: attempt, promise: promise))
        wake()
      }
    } onCancel: {
      Task { await self.forget(ticket) }
    }
  }

  /// Gives an event back that is not being sent.
  private func forget(_ ticket: Int) {
    if let place = waiting.firstIndex(where: { $0.ticket == ticket }) {
      waiting.remove(at: place).promise.resume(throwing: CancellationError())
    } else if let part = parts.firstIndex(where: { $0.contains { $0.ticket == ticket } }),
      let place = parts[part].firstIndex(where: { $0.ticket == ticket })
    {
      parts[part].remove(at: place).promise.resume(throwing: CancellationError())
      if parts[part].isEmpty { parts.remove(at: part) }
    }
    if isIdle { pump?.cancel() }
  }

  private func note() {
    target.load = Target.Load(
      waiting: waiting.count + parts.reduce(0) { $0 + $1.count }, underWay: underWay)
  }

  private var isIdle: Bool { waiting.isEmpty && parts.isEmpty }

  private func wake() {
    guard pump == nil, !isIdle, underWay < target.configuration.parallel else { return }
    pump = Task { await sendWhatWaits() }
  }

  /// Sends requests as the breaker and the limit allow, until nothing waits or enough are under way.
  private func sendWhatWaits() async {
    defer {
      pump = nil
      wake()
    }
    while !isIdle, underWay < target.configuration.parallel, !Task.isCancelled {
      let admission: Admission
      do throws(CircuitOpen) {
        admission = try target.breaker.admit()
      } catch {
        try? await Task.sleep(for: error.retryAfter)
        continue
      }
      let turn: RateLimiter.Turn
      do {
        turn = try await target.limiter.acquire()
      } catch {
        admission.abandoned()
        return
      }
      let items = next()
      guard !items.isEmpty else {
        admission.abandoned()
        return
      }
      underWay += 1
      Task {
        await send(items, admission, turn)
        underWay -= 1
        wake()
      }
    }
  }

  private func next() -> [Item] {
    if !parts.isEmpty { return parts.removeFirst() }
    let items = Array(waiting.prefix(target.configuration.batch))
    waiting.removeFirst(items.count)
    return items
  }

  private func send(_ items: [Item], _ admission: Admission, _ turn: RateLimiter.Turn) async {
    let events: [GatewayEvent]
    do {
      let numbers = items.map(\.event)
      let found = try await store.read { try GatewayEvent.fetch(numbers, in: $0) }
      events = numbers.compactMap { found[$0] }
      guard events.count == items.count else { throw Vanished() }
    } catch {
      admission.abandoned()
      for item in items { item.promise.resume(throwing: error) }
      return
    }
    let exchange = Exchange(target: target, store: store, logger: logger)
    let outcome = await exchange.send(events, attempts: items.map(\.attempt), admission, turn)
    apply(outcome, to: items, events)
  }

  private func apply(_ outcome: Exchange.Outcome, to items: [Item], _ events: [GatewayEvent]) {
    switch outcome {
    case .again: parts.insert(items, at: 0)
    case .halves:
      let middle = items.count / 2
      parts.insert(Array(items[middle...]), at: 0)
      parts.insert(Array(items[..<middle]), at: 0)
    case .settled(let results):
      var again: [Item] = []
      for (item, result) in zip(items, results) {
        switch result {
        case .delivered(let delivered): item.promise.resume(returning: delivered)
        case .failed(let failure): item.promise.resume(throwing: failure)
        case .again: again.append(item)
        }
      }
      if !again.isEmpty { parts.insert(again, at: 0) }
    }
  }

  private struct Vanished: Error, CustomStringConvertible {
    let description = "an event to be delivered is not in the store any more"
  }
}
