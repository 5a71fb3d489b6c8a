/// How a worker says what went wrong. Any other error that it throws counts as transient.
public enum JobFailure: Error, Hashable, Sendable {
  /// It may go better next time: uses up an attempt, and is tried again after a growing delay.
  case transient(reason: String)
  /// The other side asked to wait so long: is tried again then, and uses up no attempt.
  case throttled(for: Duration, reason: String)
  /// It will never work: straight to the dead letters.
  case permanent(reason: String)
}
