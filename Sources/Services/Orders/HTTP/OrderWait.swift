import Contracts
import Resilience
import ServiceLifecycle
import Storage

/// Waits for an order to come far enough, from commit to commit.
struct OrderWait: Sendable {
  let store: Store
  let id: OrderID

  /// - Returns: the order as it is when it is far enough, or when the time is over.
  /// - Throws: when there is no such order.
  func order(
    within time: Duration, until isEnough: @escaping @Sendable (Order) -> Bool
  ) async throws -> Order {
    // Listening before looking, so that no commit falls between the two.
    let commits = store.commits(raising: .changes(of: id))
    let first = try await find()
    guard time > .zero, !isEnough(first) else { return first }
    do {
      return try await cancelWhenGracefulShutdown {
        try await withTimeout(time) {
          for await _ in commits {
            let order = try await find()
            if isEnough(order) { return order }
          }
          throw CancellationError()
        }
      }
    } catch let error where error is TimedOut || error is CancellationError {
      // Also when the service stops meanwhile: the order is taken, and whoever asks is told so.
      return try await find()
    }
  }

  private func find() async throws -> Order {
    try await store.read { [id] in try Order.find(id, in: $0) }
  }
}
