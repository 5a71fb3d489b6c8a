/// What became of a request to enqueue.
public enum Enqueued: Hashable, Sendable {
  case created(id: String)
  /// An unfinished job has the same unique key; it stays as it is.
  case alreadyThere(id: String)
  /// An unfinished job had the same unique key and was not running; it has the new content and time now.
  case replaced(id: String)

  public var id: String {
    switch self {
    case .created(let id), .alreadyThere(let id), .replaced(let id): id
    }
  }
}

/// What to do when an unfinished job has the same unique key.
public enum Duplicate: Sendable {
  case keep
  /// Give the job that is there the new content, unless it runs at this moment.
  case replace
}

/// What became of a request to cancel.
public enum Cancellation: Hashable, Sendable {
  /// It was not running, and never will. Its worker is not told: the caller writes what that means.
  case cancelled
  /// It runs; its worker is asked to stop, and told with `settle` once it has.
  case requested
  /// It is over already.
  case tooLate(JobState)
  case unknown
}
