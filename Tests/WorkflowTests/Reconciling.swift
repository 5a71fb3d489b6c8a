import Contracts
import GRDB
import HTTPTypes
import HummingbirdTesting
import Kafka
import Messaging
import ServiceTesting
import Storage
import Testing

/// Saying everything again, so that the other side catches up.
@Suite struct Reconciling {
  static let path = "/api/workflow/reconcile"

  let bench: TestBench

  init() throws { bench = try TestBench(onTheWire: true) }

  @Test func `dry, it counts and publishes nothing`() async throws {
    try await bench.running { caller in
      let linked = try await caller.create("Tax")
      let alone = try await caller.create("Law")
      try await bench.deliver([
        bench.record(
          DeliveryCreated(
            id: DeliveryID("d1"), workflowId: WorkflowID(linked.id), name: "Tax",
            createdAt: Timestamp(milliseconds: 0)))
      ])
      let before = try await bench.published().count
      let report = try await caller.send(.post, "\(Self.path)?dryRun=true", "")
      #expect(report.status == .ok)
      #expect(
        report.text == #"{"examples":["\#(alone.id)"],"published":0,"withoutDelivery":1,"workflows":2}"#)
      #expect(try await bench.published().count == before)
    }
  }

  @Test func `publishes each workflow and its tasks as they are, and changes nothing, however often`()
    async throws
  {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      _ = try await caller.move("PREPARE", of: workflow.id, to: "DONE")
      let state = try await caller.get(Caller.workflows).text
      let tasks = try await caller.get("\(Caller.workflows)/\(workflow.id)/tasks").text
      let before = try await bench.published()
      for round in 1...3 {
        let report: ReadReport = try await caller.send(.post, Self.path, "").json()
        #expect(report.published == 4)
        let said = try await bench.published().suffix(4)
        #expect(try await bench.published().count == before.count + 4 * round)
        #expect(said.first == before.first)
        #expect(said.dropFirst().allSatisfy { $0.type == "workflow.task-updated.v1" })
        #expect(said.contains(before[1]))
        #expect(try await caller.get(Caller.workflows).text == state)
        #expect(try await caller.get("\(Caller.workflows)/\(workflow.id)/tasks").text == tasks)
      }
    }
  }

  @Test func `reaches every workflow, beyond one chunk, and names the first twenty without delivery`()
    async throws
  {
    try await bench.store.write { work in
      for number in 1...450 {
        try work.database.execute(
          sql:
            "INSERT INTO workflows (id, name, created_at, updated_at) VALUES (printf('w%04d', ?1), 'Tax', 0, 0)",
          arguments: [number])
      }
    }
    try await bench.serving { caller in
      let report: ReadReport = try await caller.send(.post, "\(Self.path)?dryRun=true", "").json()
      #expect(report.workflows == 450)
      #expect(report.withoutDelivery == 450)
      #expect(report.examples == (431...450).reversed().map { "w0\($0)" })
    }
  }
}
