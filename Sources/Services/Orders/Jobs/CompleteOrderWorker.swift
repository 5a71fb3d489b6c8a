import Contracts
import Jobs
import Messaging
import Resilience
import Storage

/// Completes orders: asks both services at the same time, outside of any transaction, and writes what they say.
struct CompleteOrderWorker<Work: OrderJob>: JobWorker {
  /// What came of asking.
  enum Finding: Sendable {
    case complete(OrderDetails)
    /// There is no such user or product.
    case wrong(UnknownReference)
    /// The answers take their time: the order is to wait elsewhere.
    case slow
  }

  let store: Store
  let dependencies: Dependencies
  let configuration: OrdersConfiguration
  let concurrency: Int
  /// How long a run may take before its order stands aside; nil for as long as the order may.
  let patience: Duration?

  var policy: RetryPolicy { configuration.policy }

  /// The process may end in the middle as often as it likes: asking again does no harm.
  var mostInterruptions: Int { .max }

  func begin(_ job: Work, _ run: JobRun, _ work: UnitOfWork) throws {
    // Only a redriven job finds its order given up.
    if run.attempt == 1 { _ = try work.takeUpAgain(job.work.order) }
  }

  func perform(_ job: Work, _ run: JobRun) async throws -> Finding {
    // Nothing to wait for, and so no task and no timer to wait with.
    if let known = remembered(for: job.work) { return known }
    do {
      if let patience {
        return try await ask(job.work, within: patience) ?? standIn(for: job.work) ?? .slow
      }
      let left = try await timeLeft(job.work)
      guard let finding = try await ask(job.work, within: left) else {
        throw JobFailure.permanent(reason: "there was no answer before the order was too old to go on")
      }
      return finding
    } catch let unknown as UnknownReference {
      return .wrong(unknown)
    } catch let failure as DependencyFailure {
      let order = try await store.read { try Order.find(job.work.order, in: $0) }
      throw failure.jobFailure(
        isLast: order.earlierAttempts + run.attempt >= configuration.maxAttempts, left: timeLeft(order))
    }
  }

  func settle(_ job: Work, _ run: JobRun, _ outcome: JobOutcome<Finding>, _ work: UnitOfWork) throws {
    let order = job.work
    switch outcome {
    case .succeeded(.complete(let details)):
      guard try work.complete(order.order, with: details, attempt: run.attempt) else { return }
      try work.publish(
        OrderCreated(
          CreatedOrder(
            id: order.order, customerFullname: details.customerFullname, productName: details.productName,
            totalAmount: details.totalAmount, createdAt: order.createdAt), by: work.service, at: work.now))
    case .succeeded(.wrong(let unknown)):
      try work.giveUp(
        order, because: "\(unknown.field.rawValue) \(unknown.sentence)", field: unknown.field,
        attempt: run.attempt)
    case .succeeded(.slow):
      let next = try work.enqueue(CompleteSlowOrder(work: order))
      let isWanted = try work.handOver(
        order.order, attempt: run.attempt, to: next.id, because: "waits for an answer that is slow to come")
      if !isWanted { _ = try work.cancelJob(next.id) }
    case .retried(let next, let reason):
      _ = try work.willRetry(order.order, attempt: run.attempt, because: reason, next: next)
    case .dead(let reason): try work.giveUp(order, because: reason, attempt: run.attempt)
    // Who cancelled it has written so.
    case .cancelled: break
    }
  }

  /// - Returns: nil when the time is over first.
  private func ask(_ work: OrderWork, within time: Duration) async throws -> Finding? {
    let dependencies = dependencies
    do {
      return .complete(try await withTimeout(time) { try await dependencies.details(of: work) })
    } catch is TimedOut {
      return nil
    }
  }

  private func remembered(for work: OrderWork) -> Finding? {
    guard let customer = dependencies.users.remembered(about: work.user),
      let product = dependencies.products.remembered(about: work.product)
    else { return nil }
    return .complete(OrderDetails(customer, product))
  }

  private func standIn(for work: OrderWork) -> Finding? {
    guard let customer = dependencies.users.standIn(about: work.user),
      let product = dependencies.products.standIn(about: work.product)
    else { return nil }
    return .complete(OrderDetails(customer, product))
  }

  private func timeLeft(_ work: OrderWork) async throws -> Duration {
    try await timeLeft(store.read { try Order.find(work.order, in: $0) })
  }

  private func timeLeft(_ order: Order) -> Duration {
    configuration.maxAge - store.now.since(order.triedSince)
  }
}

extension UnitOfWork {
  /// The order fails, unless it was over already; and everybody is told.
  func giveUp(
    _ order: OrderWork, because reason: String, field: OrderField? = nil, attempt: Int? = nil
  ) throws {
    guard try fail(order.order, because: reason, field: field, attempt: attempt) else { return }
    try publish(
      OrderFailed(
        FailedOrder(
          id: order.order, userID: order.user, productCode: order.product, reason: reason,
          createdAt: order.createdAt), by: service, at: now))
  }
}
