import Administration
import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

/// Users have tasks done, and see nothing of each other's.
@Suite struct KeepingTasks {
  @Test func `a task is stored, answered and published in one`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    try await bench.serving(as: "ada") { caller in
      let answer = try await caller.send(.post, "/tasks", #"{"kind":"report","input":{"pages":[1,2]}}"#)
      #expect(answer.status == .created)
      let task: ReadTask = try answer.json()
      #expect(answer.headers[.location] == "/tasks/\(task.id)")
      #expect(task.userId == "ada")
      #expect(task.kind == "report")
      #expect(task.status == "PENDING")
      #expect(task.attempt == 0)
      #expect(task.sequence == 0)
      #expect(task.createdAt == task.updatedAt)
      #expect(try await caller.get("/tasks/\(task.id)").text == answer.text)
      #expect(
        try await bench.published() == [
          Published(
            type: "task.created.v1", key: task.id,
            payload: #"{"createdAt":"\#(task.createdAt)","id":"\#(task.id)","input":{"pages":[1,2]},"#
              + #""kind":"report","userId":"ada"}"#)
        ])
    }
  }

  @Test func `the same request with the same key is the same task`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    try await bench.serving { caller in
      let first = try await caller.send(.post, "/tasks", #"{"kind":"report"}"#, key: "k")
      let again = try await caller.send(.post, "/tasks", #"{"kind":"report"}"#, key: "k")
      #expect(again.status == .created)
      #expect(again.text == first.text)
      let other = try await caller.send(.post, "/tasks", #"{"kind":"other"}"#, key: "k")
      #expect(other.status == .unprocessableContent)
      #expect(try await bench.published().count == 1)
    }
  }

  @Test(arguments: [
    (#"{"input":{}}"#, "invalid-request /kind"), (#"{"kind":""}"#, "invalid-request /kind"),
    (#"{"kind":" \n"}"#, "invalid-request /kind"), (#"{"kind":7}"#, "invalid-request /kind"),
    (#"{"kind":"\#(String(repeating: "k", count: 101))"}"#, "invalid-request /kind"),
    (#"{"kind":"k","input":"\#(String(repeating: "x", count: 300_000))"}"#, "invalid-request /input"),
    ("[]", "invalid-request"),
  ])
  func `what cannot be a task is refused by its place, and changes nothing`(
    body: String, problem: String
  ) async throws {
    let bench = try await ServiceBench.administration().withKeys()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/tasks", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem.trimmingCharacters(in: .whitespaces) == problem)
      #expect(try await caller.get("/tasks").json(ReadPage<ReadTask>.self).items.isEmpty)
      #expect(try await bench.published().isEmpty)
    }
  }

  @Test func `lists go from page to page, the newest first, by status too`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      var ids: [String] = []
      for _ in 0..<7 { ids.append(try await caller.createTask()) }
      try await bench.deliver([
        bench.record(update(ids[2], user: "ada", 1, .running)),
        bench.record(update(ids[5], user: "ada", 1, .running)),
      ])
      var listed: [String] = []
      var cursor: String?
      repeat {
        let page: ReadPage<ReadTask> = try await caller.get(
          "/tasks?limit=3" + (cursor.map { "&cursor=\($0)" } ?? "")
        ).json()
        #expect(page.items.count <= 3)
        listed += page.items.map(\.id)
        cursor = page.next
      } while cursor != nil
      #expect(listed == ids.reversed())
      let running: ReadPage<ReadTask> = try await caller.get("/tasks?status=RUNNING").json()
      #expect(running.items.map(\.id) == [ids[5], ids[2]])
      #expect(try await caller.get("/tasks?status=DONE").problem == "invalid-request /status")
    }
  }

  @Test func `nobody sees, follows or cancels another's task, or learns that it is there`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    let grace = try await bench.token("grace")
    try await bench.serving(as: "ada") { ada in
      let id = try await ada.createTask()
      let unknown = try await ada.get("/tasks/none", token: grace)
      for path in ["/tasks/\(id)", "/tasks/\(id)/logs", "/tasks/\(id)/logs?follow"] {
        let answer = try await ada.get(path, token: grace)
        #expect(answer.status == .notFound)
        #expect(answer.text.replacing(id, with: "none") == unknown.text)
      }
      let cancel = try await ada.send(.post, "/tasks/\(id)/cancel", "", token: grace)
      #expect(cancel.status == .notFound)
      #expect(try await ada.get("/tasks", token: grace).json(ReadPage<ReadTask>.self).items.isEmpty)
      #expect(try await ada.task(id).status == "PENDING")
      #expect(try await ada.task(id).cancelRequestedAt == nil)
      #expect(try await bench.published().map(\.type) == ["task.created.v1"])
    }
  }

  @Test func `needs the scopes of tasks`() async throws {
    let bench = try await ServiceBench.administration().withKeys()
    let reader = try await bench.token("ada", scopes: ["tasks:read"])
    let writer = try await bench.token("ada", scopes: ["tasks:write"])
    try await bench.serving { caller in
      let answers = try await [
        caller.send(.post, "/tasks", #"{"kind":"report"}"#, token: reader),
        caller.get("/tasks", token: writer),
        caller.get("/tasks/stream", token: writer), caller.get("/tasks", token: ""),
      ]
      #expect(answers.map(\.status) == [.forbidden, .forbidden, .forbidden, .unauthorized])
    }
  }
}
