import Synchronization

/// Hands out values in order, the last one for ever.
final class InTurn<Value: Sendable>: Sendable {
  private let values: Mutex<[Value]>

  init(_ values: [Value]) {
    self.values = Mutex(values)
  }

  func next() -> Value {
    values.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
  }
}
