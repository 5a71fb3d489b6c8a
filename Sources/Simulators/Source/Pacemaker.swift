/// Says when each event is due. The pace does not depend on the answers: a real source does not wait either.
struct Pacemaker: Sendable {
  enum Order: Sendable {
    case begin(run: Int, rate: Double)
    /// Some runs are over before their time.
    case wake
  }

  let state: SourceState
  private let orders: AsyncStream<Order>
  private let order: AsyncStream<Order>.Continuation

  init(state: SourceState) {
    self.state = state
    (orders, order) = AsyncStream.makeStream(of: Order.self)
  }

  func begin(_ run: SourceRun) { order.yield(.begin(run: state.begin(run), rate: run.rate)) }

  func end(where isMeant: (SourceRun) -> Bool = { _ in true }) {
    state.end(where: isMeant)
    order.yield(.wake)
  }

  /// Takes no more orders.
  func finish() { order.finish() }

  /// Hands out every event when it is due, until ``finish()``.
  func run(_ letters: AsyncStream<Letter>.Continuation) async {
    var tasks: [Int: Task<Void, Never>] = [:]
    for await order in orders {
      for (run, task) in tasks where state.isOver(run) {
        task.cancel()
        tasks[run] = nil
      }
      if case .begin(let run, let rate) = order {
        tasks[run] = Task { await pace(run, rate, letters) }
      }
    }
    state.end()
    for task in tasks.values {
      task.cancel()
      await task.value
    }
    letters.finish()
  }

  private func pace(_ run: Int, _ rate: Double, _ letters: AsyncStream<Letter>.Continuation) async {
    let start = ContinuousClock.now
    var count = 0
    while !Task.isCancelled, let letter = state.next(of: run) {
      letters.yield(letter)
      count += 1
      let due = start + .seconds(Double(count) / rate)
      if due > .now {
        // Woken early only when the run is over.
        try? await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
      } else {
        await Task.yield()
      }
    }
  }
}
