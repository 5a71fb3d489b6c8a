import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// Says everything again that this side knows, so that the other side catches up. Safe at any time, any
/// number of times: whoever knows it already ignores it.
struct ReconcileRoutes {
  private static let chunk = 200

  private struct Report: Encodable, Sendable {
    var deliveries = 0
    /// Those that belong to no workflow (at most 20 are named).
    var withoutWorkflow = 0
    var examples: [DeliveryID] = []
    var published = 0
  }

  let store: Store

  func register(on api: API) {
    api.act(.post, "/api/delivery/reconcile", scope: .write) { call in
      let dryRun = call.query("dryRun") == "true"
      var report = Report()
      var page = PageRequest(limit: Self.chunk)
      while true {
        let request = page
        let deliveries = try await store.write { work in
          let deliveries = try Delivery.page(request, in: work.database)
          if !dryRun { for delivery in deliveries.items { try say(delivery, again: work) } }
          return deliveries
        }
        for delivery in deliveries.items {
          report.deliveries += 1
          if !dryRun { report.published += delivery.sent == nil ? 1 : 2 }
          guard delivery.workflowID == nil else { continue }
          report.withoutWorkflow += 1
          if report.examples.count < 20 { report.examples.append(delivery.id) }
        }
        guard let last = deliveries.items.last, deliveries.next != nil else { break }
        page = PageRequest(limit: Self.chunk, after: last.id.rawValue)
      }
      return .ok(report)
    }
  }

  private func say(_ delivery: Delivery, again work: UnitOfWork) throws {
    try work.publish(delivery.created)
    if let sent = delivery.sent { try work.publish(sent) }
  }
}
