import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

struct DeliveryRoutes {
  let store: Store

  func register(on api: API) {
    api.read("/api/delivery/deliveries", scope: .read) { call in
      let page = try call.page()
      let workflow = call.query("workflowId").map { WorkflowID($0) }
      let state = try call.query("state").map(Self.state)
      return try .ok(
        await store.read { try Delivery.page(page, workflow: workflow, state: state, in: $0) }
          .map(DeliveryAnswer.init))
    }

    api.decide(.post, "/api/delivery/deliveries", scope: .write, NewDelivery.self) { _, body, work in
      let delivery = try Delivery.create(.new(at: work.now), named: body.name, for: nil, at: work.now)
      try delivery.insert(work.database)
      try work.publish(delivery.created)
      return .created(DeliveryAnswer(delivery), location: "/api/delivery/deliveries/\(delivery.id)")
    }

    api.read("/api/delivery/deliveries/{id}", scope: .read) { call in
      let id = DeliveryID(try call.parameter("id"))
      guard let delivery = try await store.read({ try Delivery.find(id, in: $0) }) else {
        throw DeliveryError.unknownDelivery(id.rawValue)
      }
      return .ok(DeliveryAnswer(delivery))
    }

    api.decide(.put, "/api/delivery/deliveries/{id}", scope: .write, DeliveryChange.self) {
      call, body, work in
      var delivery = try Self.delivery(call, work)
      if try delivery.move(to: body.state, at: work.now) {
        try delivery.update(work.database)
        if let sent = delivery.sent { try work.publish(sent) }
      }
      return .ok(DeliveryAnswer(delivery))
    }

    api.decide(.put, "/api/delivery/deliveries/{id}/workflow", scope: .write, WorkflowLink.self) {
      call, body, work in
      var delivery = try Self.delivery(call, work)
      if let other = try Delivery.find(of: body.workflowId, in: work.database), other.id != delivery.id {
        throw DeliveryError.workflowHasAnotherDelivery(other.id)
      }
      if try delivery.link(to: body.workflowId, at: work.now) {
        try delivery.update(work.database)
        try work.publish(delivery.created)
        if let sent = delivery.sent { try work.publish(sent) }
      }
      return .ok(DeliveryAnswer(delivery))
    }
  }

  private static func delivery(_ call: Call, _ work: UnitOfWork) throws -> Delivery {
    let id = DeliveryID(try call.parameter("id"))
    guard let delivery = try Delivery.find(id, in: work.database) else {
      throw DeliveryError.unknownDelivery(id.rawValue)
    }
    return delivery
  }

  private static func state(_ text: String) throws -> DeliveryState {
    guard let state = DeliveryState(rawValue: text) else {
      throw Problem.invalid("/state", "must be NEW or DELIVERED")
    }
    return state
  }
}

extension Scope {
  static let read: Scope = "deliveries:read"
  static let write: Scope = "deliveries:write"
}
