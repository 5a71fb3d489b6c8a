/// Where a job is in its life.
public enum JobState: String, Hashable, Sendable, Codable, CaseIterable {
  /// It waits: for its time, for its lane, or for a free place.
  case waiting
  /// Its worker runs, or ran when the process ended; then it runs again at the next start.
  case running
  case succeeded
  /// It failed for good; a dead letter tells why, and can be redriven.
  case dead
  case cancelled

  /// Whether nothing will happen to it any more by itself.
  public var isFinal: Bool {
    switch self {
    case .waiting, .running: false
    case .succeeded, .dead, .cancelled: true
    }
  }
}
