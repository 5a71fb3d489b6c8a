import Contracts
import HTTPAPI
import HTTPTypes
import Jobs
import Messaging
import Storage

/// Orders: taken at once and for good, answered when they are complete or the caller has waited long enough.
struct OrderRoutes {
  /// What a client that reads the stream slowly costs at most.
  private static let page = 200
  /// In seconds: proxies give up on a request that is silent for longer.
  private static let longestWait = 60

  let store: Store
  let dependencies: Dependencies
  let answerWithin: Duration

  func register(on api: API) {
    api.decide(.post, "/orders", scope: .ordersWrite, NewOrder.self) { _, body, work in
      try work.accept(
        user: Reference(body.userID, as: .user), product: Reference(body.productCode, as: .product))
    } answer: { _, id in
      let order = try await OrderWait(store: store, id: id).order(within: answerWithin) {
        $0.status != .pending
      }
      if order.status == .failed, let field = order.wrongField {
        var problem = Problem.invalid("/\(field.rawValue)", order.reason ?? "is unknown")
        problem.detail = "The order is kept as /orders/\(id)."
        throw problem
      }
      let location = "/orders/\(id)"
      return order.status == .created
        ? .created(OrderAnswer(order), location: location) : .accepted(OrderAnswer(order), location: location)
    }

    // With `wait`, not before the order is over; with `If-None-Match` too, not before it is another than is known.
    api.read("/orders/{id}", scope: .ordersRead) { call in
      let id: OrderID = try call.id()
      let isConditional = call.headers[.ifNoneMatch] != nil
      let order = try await OrderWait(store: store, id: id).order(
        within: try call.wait(upTo: Self.longestWait) ?? .zero
      ) { isConditional ? !call.knows($0.tag) : $0.status != .pending }
      let headers: HTTPFields = [.eTag: order.tag.header, .cacheControl: "no-cache"]
      return call.knows(order.tag)
        ? Reply(.notModified, headers: headers) : Reply(.ok, json: OrderAnswer(order), headers: headers)
    }

    api.read("/orders", scope: .ordersRead) { call in
      let (page, user) = (try call.page(), call.query("user_id"))
      let status = try call.query("status").map(Self.status)
      return try .ok(
        await store.read { try Order.page(page, user: user, status: status, in: $0) }.map(OrderAnswer.init))
    }

    // Changes from now on, or from the last one that the client has seen.
    api.read("/orders/stream", scope: .ordersRead) { call in
      let store = store
      let seen = try call.lastEventNumber()
      let last = try await store.read { try Order.lastChange(in: $0) }
      return .events(
        after: min(seen ?? last, last), wakes: { store.commits(raising: .orderChanges) }
      ) { position in
        let changed = try await store.read { try Order.changed(after: position, limit: Self.page, in: $0) }
        return EventPage(
          try changed.map {
            try ServerSentEvent(id: "\($0.change)", event: "order.changed", json: OrderAnswer($0))
          }, position: changed.last?.change ?? position)
      }
    }

    api.decide(.post, "/orders/{id}/cancel", scope: .ordersWrite) { call, work in
      let id: OrderID = try call.id()
      let order = try Order.find(id, in: work.database)
      try order.checkCancellable()
      try work.giveUp(order.work, because: "cancelled by \(call.principal.subject)")
      _ = try work.cancelJob(order.jobID)
      return .ok(OrderAnswer(try Order.find(id, in: work.database)))
    }

    api.read("/dependencies", scope: .ordersRead) { _ in
      .ok(DependenciesAnswer(items: [dependencies.users.state, dependencies.products.state]))
    }
  }

  private static func status(_ text: String) throws -> Order.Status {
    guard let status = Order.Status(rawValue: text) else {
      let all = Order.Status.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem.invalid("/status", "must be one of \(all)")
    }
    return status
  }
}

extension Order {
  var tag: EntityTag { EntityTag(version: change) }

  var work: OrderWork {
    OrderWork(order: id, user: userID, product: productCode, createdAt: createdAt)
  }
}

extension Scope {
  static let ordersRead: Scope = "orders:read"
  static let ordersWrite: Scope = "orders:write"
}
