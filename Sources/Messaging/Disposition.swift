/// What a handler decided about an event.
public enum Disposition: Hashable, Sendable {
  /// It took effect.
  case handled
  /// It does not concern us, or is already true.
  case ignored
  /// It is early: another fact has to arrive first. It is parked, and what follows under its key waits.
  case postponed(for: Duration)
  /// It can never be handled. It goes to the dead letters, with the reason.
  case refused(reason: String)
}
