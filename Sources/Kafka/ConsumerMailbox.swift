/// How tasks speak to the consumer's thread: they leave something behind the lock and wake it.
final class ConsumerMailbox: Sendable {
  let monitor: Monitor<ConsumerState>

  init(_ handle: ClientHandle) { monitor = Monitor(ConsumerState(handle: handle)) }

  /// Changes the state and wakes the thread, wherever it sleeps.
  @discardableResult
  func post<Value>(_ body: (inout ConsumerState) -> Value) -> Value {
    let (value, polled) = monitor.withLock { state in
      (body(&state), state.isPolling ? state.handle : nil)
    }
    monitor.signal()
    polled?.wake()
    return value
  }

  /// Runs a call on the consumer's thread.
  func perform<Value: Sendable>(
    _ body: @escaping @Sendable (ConsumerThread) throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    try await perform(answering: { thread, answer in
      do throws(KafkaError) {
        answer(.success(try body(thread)))
      } catch {
        answer(.failure(error))
      }
    })
  }

  /// Starts something on the consumer's thread that answers later, exactly once.
  func perform<Value: Sendable>(
    answering body:
      @escaping @Sendable (ConsumerThread, @escaping @Sendable (Result<Value, KafkaError>) -> Void) -> Void
  ) async throws(KafkaError) -> Value {
    let result: Result<Value, KafkaError> = await withCheckedContinuation { continuation in
      let isOpen = post { state in
        guard state.phase != .closed else { return false }
        state.commands.append { thread in
          guard let thread else { return continuation.resume(returning: .failure(.closed("consumer"))) }
          body(thread) { continuation.resume(returning: $0) }
        }
        return true
      }
      if !isOpen { continuation.resume(returning: .failure(.closed("consumer"))) }
    }
    return try result.get()
  }

  /// Nil at the end: the consumer is closed or the task cancelled.
  func nextBatch() async throws(KafkaError) -> ConsumerBatch? {
    let demand = Demand()
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known: Demand.Answer? = post { state in
          if state.phase != .open || demand.isCancelled { return .success(nil) }
          if let error = state.fatalError { return .failure(error) }
          if let batch = state.shelf.take() { return .success(batch) }
          demand.continuation = continuation
          state.demands.append(demand)
          return nil
        }
        if let known { continuation.resume(returning: known) }
      }
    } onCancel: {
      let waiting = post { state in
        demand.isCancelled = true
        state.demands.removeAll { $0 === demand }
        defer { demand.continuation = nil }
        return demand.continuation
      }
      waiting?.resume(returning: .success(nil))
    }
    return try answer.get()
  }

  /// Changes what lies ready and gives it to those who asked. Called by the consumer's thread,
  /// which alone puts something on the shelf: nothing is overwritten here.
  func rearrange(_ body: (inout Shelf) -> Void) {
    var shelf = monitor.withLock { state in
      defer { state.shelf = Shelf() }
      return state.shelf
    }
    body(&shelf)
    let served = monitor.withLock { state in
      state.shelf = shelf
      var served: [(CheckedContinuation<Demand.Answer, Never>?, ConsumerBatch)] = []
      while !state.demands.isEmpty, let batch = state.shelf.take() {
        let demand = state.demands.removeFirst()
        served.append((demand.continuation, batch))
        demand.continuation = nil
      }
      return served
    }
    for (continuation, batch) in served { continuation?.resume(returning: .success(batch)) }
  }

  /// Answers everybody who waits for a batch.
  func end(_ answer: Demand.Answer, _ change: (inout ConsumerState) -> Void) {
    let waiting = post { state in
      change(&state)
      defer { state.demands = [] }
      return state.demands.compactMap { demand in
        defer { demand.continuation = nil }
        return demand.continuation
      }
    }
    for continuation in waiting { continuation.resume(returning: answer) }
  }
}
