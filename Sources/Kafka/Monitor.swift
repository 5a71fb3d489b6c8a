internal import Glibc

/// State behind a lock that a thread can wait on.
///
/// `@unchecked Sendable`: the state is only reached through `withLock`, which holds the mutex.
/// The mutex and the condition live in heap memory of their own because POSIX forbids moving
/// them. Whoever adds another way to the state breaks it.
final class Monitor<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    // The monotonic clock: a wait must not end when somebody sets the time.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Nothing that can block or call back may run inside.
  func withLock<Value>(_ body: (inout State) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  func signal() { pthread_cond_broadcast(condition) }

  /// Blocks this thread until the body says true or the time is over; false when it is over.
  /// Only for threads of our own.
  @discardableResult
  func wait(until deadline: Moment? = nil, _ body: (inout State) -> Bool) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !body(&state) {
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      var time = deadline.timespec
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return body(&state) }
    }
    return true
  }
}
