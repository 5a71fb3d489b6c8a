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
    var workflows = 0
    /// Those whose delivery is not known here (at most 20 are named).
    var withoutDelivery = 0
    var examples: [WorkflowID] = []
    var published = 0
  }

  let store: Store

  func register(on api: API) {
    api.act(.post, "/api/workflow/reconcile", scope: .write) { call in
      let dryRun = call.query("dryRun") == "true"
      var report = Report()
      var page = PageRequest(limit: Self.chunk)
      while true {
        let request = page
        let workflows = try await store.write { work in
          let workflows = try Workflow.page(request, in: work.database)
          if !dryRun { for workflow in workflows.items { try say(workflow, again: work) } }
          return workflows
        }
        for workflow in workflows.items {
          report.workflows += 1
          if !dryRun { report.published += 1 + TaskName.allCases.count }
          guard workflow.delivery == nil else { continue }
          report.withoutDelivery += 1
          if report.examples.count < 20 { report.examples.append(workflow.id) }
        }
        guard let last = workflows.items.last, workflows.next != nil else { break }
        page = PageRequest(limit: Self.chunk, after: last.id.rawValue)
      }
      return .ok(report)
    }
  }

  private func say(_ workflow: Workflow, again work: UnitOfWork) throws {
    try work.publish(workflow.created)
    for task in try WorkflowTask.all(of: workflow.id, in: work.database) {
      try work.publish(task.updated)
    }
  }
}
