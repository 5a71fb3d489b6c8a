import Contracts
import GRDB
import HTTPTypes
import HummingbirdTesting
import Kafka
import Messaging
import ServiceTesting
import Storage
import Testing

/// Story 2: sending the delivery marks the workflow's DELIVER task done, whatever the wire does.
@Suite struct FollowingDeliveries {
  let bench: TestBench
  let moment = Timestamp(milliseconds: 1_800_000_000_000)

  init() throws { bench = try TestBench(onTheWire: true) }

  private func created(_ id: String, for workflow: String?) -> DeliveryCreated {
    DeliveryCreated(
      id: DeliveryID(id), workflowId: workflow.map { WorkflowID($0) }, name: "Tax", createdAt: moment)
  }

  private func sent(_ id: String, for workflow: String?) -> DeliverySent {
    DeliverySent(id: DeliveryID(id), workflowId: workflow.map { WorkflowID($0) }, sentAt: moment)
  }

  private func taskUpdates() async throws -> [Published] {
    try await bench.published().filter { $0.type == "workflow.task-updated.v1" }
  }

  /// As if it came from another time: routes give each workflow an id of its own.
  private func insert(_ id: String) async throws {
    try await bench.store.write { work in
      try work.database.execute(
        sql: """
          INSERT INTO workflows (id, name, created_at, updated_at) VALUES (?1, 'Tax', 0, 0);
          """, arguments: [id])
      for task in ["PREPARE", "REVIEW", "DELIVER"] {
        try work.database.execute(
          sql: "INSERT INTO tasks (workflow_id, name, state, updated_at) VALUES (?, ?, 'NEW', 0)",
          arguments: [id, task])
      }
    }
  }

  @Test func `the workflow shows its delivery, first created, then sent`() async throws {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      try await bench.deliver([bench.record(created("d1", for: workflow.id))])
      let linked = try await caller.get("\(Caller.workflows)/\(workflow.id)")
      #expect(linked.text.contains(#""delivery":{"id":"d1","state":"NEW"}"#))
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "NEW"])

      try await bench.deliver([bench.record(sent("d1", for: workflow.id))])
      let done = try await caller.workflow(workflow.id)
      #expect(done.delivery == ReadWorkflow.Delivery(id: "d1", state: "DELIVERED"))
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "DONE"])
      #expect(
        try await taskUpdates() == [
          Published(
            type: "workflow.task-updated.v1", key: workflow.id,
            payload: #"{"name":"DELIVER","state":"DONE","updatedAt":"\#(done.updatedAt)","#
              + #""workflowId":"\#(workflow.id)"}"#)
        ])
    }
  }

  @Test func `marks the task done once, though the same event comes ten times and again under other ids`()
    async throws
  {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      let event = sent("d1", for: workflow.id)
      let same = try bench.record(event, id: "one")
      try await bench.deliver(Array(repeating: same, count: 10))
      try await bench.deliver([same, bench.record(event, id: "two"), bench.record(event, id: "three")])
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "DONE"])
      #expect(try await taskUpdates().count == 1)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `sent before created is no matter: the older news takes nothing back`() async throws {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      try await bench.deliver([bench.record(sent("d1", for: workflow.id))])
      try await bench.deliver([bench.record(created("d1", for: workflow.id))])
      let after = try await caller.workflow(workflow.id)
      #expect(after.delivery == ReadWorkflow.Delivery(id: "d1", state: "DELIVERED"))
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "DONE"])
      #expect(try await taskUpdates().count == 1)
      #expect(try await bench.count("SELECT count(*) FROM parked") == 0)
    }
  }

  @Test func `a task that was already under way is done too`() async throws {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      _ = try await caller.move("DELIVER", of: workflow.id, to: "IN_PROGRESS")
      try await bench.deliver([bench.record(sent("d1", for: workflow.id))])
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "DONE"])
      let again = try await caller.move("DELIVER", of: workflow.id, to: "DONE")
      #expect(again.status == .ok)
      #expect(try await taskUpdates().count == 2)
    }
  }

  @Test func `news of a workflow that is not there yet waits for it`() async throws {
    try await bench.running { caller in
      try await bench.deliver([
        bench.record(sent("d1", for: "w1")), bench.record(created("d1", for: "w1")),
        bench.record(sent("d1", for: "w1")),
      ])
      #expect(try await bench.count("SELECT count(*) FROM parked") == 3)
      #expect(try await taskUpdates().isEmpty)

      try await insert("w1")
      try await bench.pass(.seconds(2))
      try await bench.until { try await taskUpdates().count == 1 }
      try await bench.deliver([bench.record(sent("d2", for: nil))])
      #expect(try await caller.workflow("w1").delivery == ReadWorkflow.Delivery(id: "d1", state: "DELIVERED"))
      #expect(try await caller.states(of: "w1") == ["NEW", "NEW", "DONE"])
      #expect(try await taskUpdates().count == 1)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `news of a workflow that never comes ends in the dead letters, and holds nobody up`()
    async throws
  {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      try await bench.deliver([
        bench.record(sent("d0", for: "never"), id: "lost"), bench.record(sent("d1", for: workflow.id)),
      ])
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "DONE"])
      #expect(try await bench.count("SELECT count(*) FROM parked") == 1)

      // A busy machine's own seconds count too.
      try await bench.pass(.seconds(3400))
      #expect(try await bench.deadReasons().isEmpty)
      try await bench.pass(.seconds(210))
      try await bench.until { try await bench.deadReasons().count == 1 }
      #expect(try await bench.deadReasons()[0].contains("was early"))
      let letters = try await caller.get("/dead-letters")
      #expect(letters.text.contains(#""eventID":"lost""#))
      #expect(try await bench.count("SELECT count(*) FROM parked") == 0)
    }
  }

  @Test func `a delivery of another workflow is refused, and the first one stays`() async throws {
    try await bench.running { caller in
      let workflow = try await caller.create("Tax")
      try await bench.deliver([bench.record(created("d1", for: workflow.id))])
      try await bench.deliver([
        bench.record(created("d2", for: workflow.id)), bench.record(sent("d2", for: workflow.id)),
      ])
      #expect(
        try await caller.workflow(workflow.id).delivery == ReadWorkflow.Delivery(id: "d1", state: "NEW"))
      #expect(try await caller.states(of: workflow.id) == ["NEW", "NEW", "NEW"])
      let reason = "workflow \(workflow.id): It already belongs to delivery d1."
      #expect(try await bench.deadReasons() == [reason, reason])
      #expect(try await taskUpdates().isEmpty)
    }
  }

  @Test func `one delivery cannot belong to two workflows`() async throws {
    try await bench.running { caller in
      let first = try await caller.create("Tax")
      let second = try await caller.create("Law")
      try await bench.deliver([
        bench.record(created("d1", for: first.id)), bench.record(created("d1", for: second.id)),
      ])
      #expect(try await caller.workflow(first.id).delivery?.id == "d1")
      #expect(try await caller.workflow(second.id).delivery == nil)
      #expect(
        try await bench.deadReasons() == [
          "workflow \(second.id): Delivery d1 belongs to workflow \(first.id)."
        ])
    }
  }

  @Test func `a delivery that stands alone concerns nobody here`() async throws {
    try await bench.running { caller in
      try await bench.deliver([bench.record(created("d1", for: nil)), bench.record(sent("d1", for: nil))])
      #expect(try await bench.deadReasons().isEmpty)
      #expect(try await bench.count("SELECT count(*) FROM parked") == 0)
      #expect(try await bench.published().isEmpty)
    }
  }
}
