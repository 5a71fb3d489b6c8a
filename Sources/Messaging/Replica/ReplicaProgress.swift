/// Tells from one reading after the other when the replica holds what had been committed before the first.
///
/// Litestream's numbers do not say which generation they are of. A replicated position may be left from the
/// generation before, and one upload of it may still be on its way when a new one is seen: from the second change
/// on, it is the new one's.
struct ReplicaProgress: Sendable {
  private static let changesToTrust = 2

  private var last: ReplicaReading?
  private var generation: String?
  private var changes = 0
  private var replicated: ReplicaReading.Position?
  private var begun: ReplicaReading?
  private var goal: ReplicaReading.Position?

  /// Nothing is known of this generation's replica until something is uploaded: something has to be committed.
  var needsMovement: Bool { changes < Self.changesToTrust }

  /// From now on the question is about what is committed now.
  mutating func begin() {
    begun = nil
    goal = nil
  }

  /// - Returns: whether the replica holds everything that was committed when ``begin()`` was called.
  mutating func take(_ reading: ReplicaReading) -> Bool {
    defer { last = reading }
    if reading.generation != generation {
      generation = reading.generation
      changes = 0
      replicated = reading.replicated
      begin()
    }
    guard let last, reading.isSettled(since: last) else { return false }
    if reading.replicated != replicated {
      replicated = reading.replicated
      changes += 1
    }
    guard let begun, begun.failedSyncs == reading.failedSyncs else {
      goal = nil
      self.begun = reading
      return false
    }
    // The look that was under way at the beginning may have missed it. The one after it has not.
    if goal == nil, last.syncs >= begun.syncs + 2 { goal = reading.copied }
    guard let goal, let replicated, !needsMovement else { return false }
    return goal <= replicated && replicated <= reading.copied
  }
}
