import Synchronization

/// Makes trace and span ids without asking the kernel each time.
///
/// Two SplitMix64 streams, seeded once with 128 bits from the system. A stream adds a fixed odd number
/// to its state and mixes the result; both steps are reversible, so a stream repeats nothing before 2^64
/// ids. The ids are unique, not secret.
final class IDGenerator: Sendable {
  private let first: Atomic<UInt64>
  private let second: Atomic<UInt64>

  init() {
    var system = SystemRandomNumberGenerator()
    first = Atomic(system.next())
    second = Atomic(system.next())
  }

  func traceID() -> TraceID {
    while true {
      if let id = TraceID(high: Self.next(second), low: Self.next(first)) { return id }
    }
  }

  func spanID() -> SpanID {
    while true {
      if let id = SpanID(Self.next(first)) { return id }
    }
  }

  private static func next(_ state: borrowing Atomic<UInt64>) -> UInt64 {
    let (_, state) = state.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed)
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
