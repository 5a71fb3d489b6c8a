/// What an error says about trying again.
public enum RetryAdvice: Hashable, Sendable {
  /// It would end the same way.
  case never
  /// It may go better, after a delay.
  case retry
  /// The other side said when: not before that time is over.
  case after(Duration)
}
