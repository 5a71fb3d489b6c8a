import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Testing

/// A task only moves forward, and says so each time.
@Suite struct MovingTasks {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `goes forward, step by step or all at once, and publishes each move`() async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      let started = try await caller.move("PREPARE", of: workflow.id, to: "IN_PROGRESS")
      #expect(started.status == .ok)
      let task: ReadTask = try started.json()
      #expect(started.text == #"{"name":"PREPARE","state":"IN_PROGRESS","updatedAt":"\#(task.updatedAt)"}"#)
      #expect(try await caller.move("PREPARE", of: workflow.id, to: "DONE").status == .ok)
      let review: ReadTask = try await caller.move("REVIEW", of: workflow.id, to: "DONE").json()
      #expect(try await caller.states(of: workflow.id) == ["DONE", "DONE", "NEW"])

      let published = try await bench.published().dropFirst()
      #expect(published.map(\.type) == Array(repeating: "workflow.task-updated.v1", count: 3))
      #expect(published.allSatisfy { $0.key == workflow.id })
      #expect(
        published.last?.payload == #"{"name":"REVIEW","state":"DONE","updatedAt":"\#(review.updatedAt)","#
          + #""workflowId":"\#(workflow.id)"}"#)
      #expect(try await caller.workflow(workflow.id).updatedAt == review.updatedAt)
    }
  }

  @Test func `to the state it has changes nothing and is no news`() async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      let before = try await caller.move("PREPARE", of: workflow.id, to: "DONE")
      let after = try await caller.move("PREPARE", of: workflow.id, to: "DONE")
      #expect(after.status == .ok)
      #expect(after.text == before.text)
      #expect(try await caller.move("DELIVER", of: workflow.id, to: "NEW").status == .ok)
    }
    #expect(try await bench.published().count == 2)
  }

  @Test(arguments: [("DONE", "NEW"), ("DONE", "IN_PROGRESS"), ("IN_PROGRESS", "NEW")])
  func `never goes back`(from: String, to: String) async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      _ = try await caller.move("PREPARE", of: workflow.id, to: from)
      let answer = try await caller.move("PREPARE", of: workflow.id, to: to)
      #expect(answer.status == .conflict)
      #expect(answer.problem == "task-goes-back")
      #expect(try await caller.states(of: workflow.id) == [from, "NEW", "NEW"])
    }
    #expect(try await bench.published().count == 2)
  }

  @Test(arguments: ["NEW", "IN_PROGRESS"])
  func `DELIVER is not done by hand, from any state`(from: String) async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      #expect(try await caller.move("DELIVER", of: workflow.id, to: from).status == .ok)
      let answer = try await caller.move("DELIVER", of: workflow.id, to: "DONE")
      #expect(answer.status == .conflict)
      #expect(answer.problem == "deliver-by-sending")
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", from])
    }
  }

  @Test func `needs a workflow and a task that exist`() async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      for (task, id) in [("SHIP", workflow.id), ("prepare", workflow.id), ("PREPARE", "nobody")] {
        let answer = try await caller.move(task, of: id, to: "DONE")
        #expect(answer.status == .notFound)
        #expect(answer.problem == "not-found")
      }
    }
  }

  @Test(arguments: [
    #"{"state":"FINISHED"}"#, #"{"state":"done"}"#, #"{"state":null}"#, #"{"state":1}"#, "{}",
  ])
  func `refuses a state that is none, and points to it`(body: String) async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      let answer = try await caller.send(.patch, "\(Caller.workflows)/\(workflow.id)/tasks/PREPARE", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request /state")
    }
    #expect(try await bench.published().count == 1)
  }
}
