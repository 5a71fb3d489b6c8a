import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

struct WorkflowRoutes {
  let store: Store

  func register(on api: API) {
    api.read("/api/workflow/workflows", scope: .read) { call in
      let page = try call.page()
      return try .ok(
        await store.read { try Workflow.page(page, in: $0) }.map(WorkflowAnswer.init))
    }

    api.decide(.post, "/api/workflow/workflows", scope: .write, NewWorkflow.self) { _, body, work in
      let (workflow, tasks) = try Workflow.create(.new(at: work.now), named: body.name, at: work.now)
      try workflow.insert(work.database)
      for task in tasks { try task.insert(work.database) }
      try work.publish(workflow.created)
      return .created(WorkflowAnswer(workflow), location: "/api/workflow/workflows/\(workflow.id)")
    }

    api.read("/api/workflow/workflows/{id}", scope: .read) { call in
      let id = WorkflowID(try call.parameter("id"))
      guard let workflow = try await store.read({ try Workflow.find(id, in: $0) }) else {
        throw WorkflowError.unknownWorkflow(id.rawValue)
      }
      return .ok(WorkflowAnswer(workflow))
    }

    api.read("/api/workflow/workflows/{id}/tasks", scope: .read) { call in
      let id = WorkflowID(try call.parameter("id"))
      let tasks = try await store.read { try WorkflowTask.all(of: id, in: $0) }
      guard !tasks.isEmpty else { throw WorkflowError.unknownWorkflow(id.rawValue) }
      return .ok(Page(items: tasks.map(TaskAnswer.init), next: nil))
    }

    api.decide(.patch, "/api/workflow/workflows/{id}/tasks/{name}", scope: .write, TaskChange.self) {
      call, body, work in
      let id = WorkflowID(try call.parameter("id"))
      let name = try call.parameter("name")
      guard var workflow = try Workflow.find(id, in: work.database) else {
        throw WorkflowError.unknownWorkflow(id.rawValue)
      }
      guard let taskName = TaskName(rawValue: name),
        var task = try WorkflowTask.find(taskName, of: id, in: work.database)
      else { throw WorkflowError.unknownTask(name) }

      guard taskName != .deliver || body.state != .done || task.state == .done else {
        throw WorkflowError.deliverIsDoneBySending
      }
      if try task.move(to: body.state, at: work.now) {
        workflow.touch(at: work.now)
        try workflow.update(work.database)
        try task.update(work.database)
        try work.publish(task.updated)
      }
      return .ok(TaskAnswer(task))
    }
  }
}

extension Scope {
  static let read: Scope = "workflows:read"
  static let write: Scope = "workflows:write"
}
