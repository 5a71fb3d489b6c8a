import Synchronization

/// A value that several tasks change.
final class Box<Value: Sendable>: Sendable {
  private let kept: Mutex<Value>

  init(_ value: Value) { kept = Mutex(value) }

  var value: Value { kept.withLock { $0 } }

  func change(_ body: (inout Value) -> Void) {
    kept.withLock { kept in
      var value = kept
      body(&value)
      kept = value
    }
  }
}
