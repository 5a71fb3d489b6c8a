import Synchronization

/// The leave to call a dependency once, from ``CircuitBreaker/admit()``. The first word about how the call ended
/// counts; one that is dropped without a word was abandoned.
public final class Admission: Sendable {
  private let report: @Sendable (Circuit.Outcome) -> Void
  private let isProbe: @Sendable () -> Bool
  private let isReported = Atomic(false)

  init(report: @escaping @Sendable (Circuit.Outcome) -> Void, isProbe: @escaping @Sendable () -> Bool) {
    self.report = report
    self.isProbe = isProbe
  }

  deinit { end(.abandoned) }

  /// The dependency answered, be it with a refusal.
  public func succeeded() { end(.succeeded) }

  /// The dependency failed, or did not answer in time.
  ///
  /// - Parameter subject: what the call was about, when that may be the reason.
  public func failed(about subject: String? = nil) { end(.failed(about: subject)) }

  /// The call was never made, or given up before its end: says nothing about the dependency.
  public func abandoned() { end(.abandoned) }

  /// A probe makes room for another, and decides nothing; any other call goes on counting.
  func yieldAsProbe() {
    if isProbe() { abandoned() }
  }

  private func end(_ outcome: Circuit.Outcome) {
    guard !isReported.exchange(true, ordering: .relaxed) else { return }
    report(outcome)
  }
}
