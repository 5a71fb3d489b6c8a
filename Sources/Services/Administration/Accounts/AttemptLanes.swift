import Synchronization

/// Attempts that go one at a time: who comes later waits behind who came first in his lane.
final class AttemptLanes: Sendable {
  /// More than that are told to come back.
  private static let longestQueue = 64

  /// Who waits in a lane; a lane in which nothing goes has no entry.
  private let waiting = Mutex<[String: [CheckedContinuation<Void, any Error>]]>([:])

  /// - Throws: what `body` throws, and ``AccountError/tooBusy`` when too many wait already.
  func inTurn<Value>(_ lane: String, _ body: () async throws -> Value) async throws -> Value {
    try await begin(lane)
    defer { end(lane) }
    return try await body()
  }

  private func begin(_ lane: String) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let answer: Result<Void, any Error>? = waiting.withLock { waiting in
        guard let queue = waiting[lane] else {
          waiting[lane] = []
          return .success(())
        }
        guard queue.count < Self.longestQueue else { return .failure(AccountError.tooBusy) }
        waiting[lane] = queue + [continuation]
        return nil
      }
      if let answer { continuation.resume(with: answer) }
    }
  }

  private func end(_ lane: String) {
    let next = waiting.withLock { waiting -> CheckedContinuation<Void, any Error>? in
      guard var queue = waiting[lane], !queue.isEmpty else {
        waiting[lane] = nil
        return nil
      }
      let next = queue.removeFirst()
      waiting[lane] = queue
      return next
    }
    next?.resume()
  }
}
