import Contracts
import Jobs
import Messaging

/// An order to be completed: all that its job has to know, so that it need not look.
struct OrderWork: Codable, Hashable, Sendable {
  let order: OrderID
  let user: String
  let product: String
  let createdAt: Timestamp
}

/// A job that completes an order.
protocol OrderJob: Job {
  var work: OrderWork { get }
}

/// An order whose answers come in a moment, as far as anybody knows.
struct CompleteOrder: OrderJob {
  static let kind = "orders.complete"

  let work: OrderWork
}

/// An order that waits for an answer that turned out slow: of a kind of its own, so that however many there are,
/// they take no place from those that need a moment.
struct CompleteSlowOrder: OrderJob {
  static let kind = "orders.complete-slow"

  let work: OrderWork
}
