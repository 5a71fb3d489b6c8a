internal import CRdKafka
internal import Glibc

/// A thread of our own, for calls that block: the cooperative pool must never run them.
enum SystemThread {
  /// The box crosses to the new thread retained and is taken over there exactly once.
  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  static func run(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(name, body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        ckafka_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(failure == 0, "the system gives no more threads")
  }

  /// Runs one blocking call aside and waits for it without blocking.
  static func run<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      run(name) { continuation.resume(returning: body()) }
    }
  }
}
