import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import Storage

/// A user's own tasks. Nobody sees, watches or cancels another's.
struct TaskRoutes {
  let store: Store

  func register(on api: API) {
    api.decide(.post, "/tasks", scope: .tasksWrite, NewTask.self) { call, body, work in
      let task = try UserTask.create(
        .new(at: work.now), for: call.user, kind: body.kind, input: body.input ?? .null, at: work.now)
      try task.insert(work.database)
      try TaskChange.note(task, work)
      try work.publish(task.created)
      return .created(TaskAnswer(task), location: "/tasks/\(task.id)")
    }

    api.read("/tasks", scope: .tasksRead) { call in
      let (page, user) = (try call.page(), call.user)
      let status = try call.query("status").map(Self.status)
      return try .ok(
        await store.read { try UserTask.page(page, of: user, status: status, in: $0) }.map(TaskAnswer.init))
    }

    api.read("/tasks/{id}", scope: .tasksRead) { call in
      let (id, user) = (try call.id() as TaskID, call.user)
      return try .ok(TaskAnswer(await store.read { try UserTask.find(id, of: user, in: $0) }))
    }

    api.decide(.post, "/tasks/{id}/cancel", scope: .tasksWrite) { call, work in
      var task = try UserTask.find(call.id(), of: call.user, in: work.database)
      if try task.requestCancellation(at: work.now) {
        try task.update(work.database)
        try TaskChange.note(task, work)
        try work.publish(TaskCancelled(id: task.id, userId: task.userID, cancelledAt: work.now))
      }
      return task.status == .cancelled ? .ok(TaskAnswer(task)) : .accepted(TaskAnswer(task))
    }
  }

  private static func status(_ text: String) throws -> TaskStatus {
    guard let status = TaskStatus(rawValue: text) else {
      let all = TaskStatus.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem.invalid("/status", "must be one of \(all)")
    }
    return status
  }
}

extension Call {
  /// Whose token it is.
  var user: UserID { UserID(principal.subject) }
}

extension Scope {
  static let tasksRead: Scope = "tasks:read"
  static let tasksWrite: Scope = "tasks:write"
}
