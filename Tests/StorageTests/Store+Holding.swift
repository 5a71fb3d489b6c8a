import Dispatch
import Storage

extension Store {
  /// Holds the writer until `body` releases it: what waits by then becomes one group.
  func holdingWriter<Value>(
    _ body: (_ release: @escaping @Sendable () -> Void) async throws -> Value
  ) async throws -> Value {
    let gate = DispatchSemaphore(value: 0)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    async let held: Void = write { _ in
      started.yield()
      gate.wait()
    }
    for await _ in starts { break }
    let value = try await body { gate.signal() }
    try await held
    return value
  }
}
