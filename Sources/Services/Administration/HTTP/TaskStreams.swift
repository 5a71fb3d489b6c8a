import Contracts
import GRDB
import HTTPAPI
import Messaging
import Storage

/// A user's own tasks, as they change, and what they log, as they log it.
struct TaskStreams {
  /// What a client that reads slowly costs at most.
  private static let page = 200

  private struct Gap: Encodable {
    let detail = "Earlier changes are not kept any more. Read GET /tasks, and go on from here."
  }

  private struct End: Encodable {
    let status: TaskStatus
  }

  let store: Store

  func register(on api: API) {
    // Changes from now on, or from the last one that the client has seen.
    api.read("/tasks/stream", scope: .tasksRead) { call in
      let (store, user) = (store, call.user)
      let seen = try call.lastEventNumber()
      let place = try await store.read { database in
        let (last, forgotten) = try TaskChange.bounds(in: database)
        return (start: min(seen ?? last, last), forgotten: forgotten)
      }
      return .events(
        after: place.start, wakes: { store.commits(raising: .changes(of: user)) }
      ) { position in
        if position < place.forgotten {
          return EventPage(
            [try ServerSentEvent(id: "\(place.forgotten)", event: "gap", json: Gap())],
            position: place.forgotten)
        }
        let changes = try await store.read {
          try TaskChange.fetch(after: position, of: user, limit: Self.page, in: $0)
        }
        return EventPage(
          try changes.map { try ServerSentEvent(id: "\($0.seq)", event: "task.updated", json: $0) },
          position: changes.last?.seq ?? position)
      }
    }

    // The lines there are; and, with `follow`, those to come, until the task is over and all of them are here.
    api.read("/tasks/{id}/logs", scope: .tasksRead) { call in
      let (store, user, id) = (store, call.user, try call.id() as TaskID)
      guard let follow = call.query("follow"), follow != "false" else {
        let page = try call.page()
        return try .ok(
          await store.read { database in
            _ = try UserTask.find(id, of: user, in: database)
            return try TaskLine.page(page, of: id, in: database)
          })
      }
      _ = try await store.read { try UserTask.find(id, of: user, in: $0) }
      return .events(
        after: try call.lastEventNumber() ?? 0, wakes: { store.commits(raising: .lines(of: id)) }
      ) { position in
        let now = store.now
        return try await store.read { database in
          let task = try UserTask.find(id, of: user, in: database)
          let lines = try TaskLine.fetch(after: position, of: id, limit: Self.page, in: database)
          var events = try lines.map {
            try ServerSentEvent(id: "\($0.seq)", event: "task.logged", json: $0)
          }
          let isOver =
            try task.status.isFinal && lines.count < Self.page
            && TaskLine.areAllHere(task, at: now, in: database)
          if isOver {
            events.append(try ServerSentEvent(id: nil, event: "end", json: End(status: task.status)))
          }
          return EventPage(events, position: lines.last?.seq ?? position, isLast: isOver)
        }
      }
    }
  }
}
