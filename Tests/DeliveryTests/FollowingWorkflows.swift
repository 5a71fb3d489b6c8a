import Contracts
import HTTPTypes
import HummingbirdTesting
import Kafka
import Messaging
import ServiceTesting
import Storage
import Testing

/// Story 1: creating a workflow creates a delivery, one.
@Suite struct FollowingWorkflows {
  let bench: TestBench

  init() throws { bench = try TestBench(onTheWire: true) }

  private func created(_ id: String, _ name: String = "Tax") -> WorkflowCreated {
    WorkflowCreated(id: WorkflowID(id), name: name, createdAt: Timestamp(milliseconds: 1_800_000_000_000))
  }

  @Test func `a workflow gets its delivery, which says so`() async throws {
    try await bench.running { caller in
      try await bench.deliver([bench.record(created("w1", "2022 XYZ Corp Tax Return"))])
      let list: ReadPage<ReadDelivery> = try await caller.get("\(Caller.deliveries)?workflowId=w1").json()
      let delivery = try #require(list.items.first)
      #expect(list.items.count == 1)
      #expect(delivery.workflowId == "w1")
      #expect(delivery.state == "NEW")
      #expect(delivery.name == "2022 XYZ Corp Tax Return")
      let moment = delivery.createdAt
      #expect(
        try await bench.published() == [
          Published(
            type: "delivery.created.v1", key: delivery.id,
            payload: #"{"createdAt":"\#(moment)","id":"\#(delivery.id)","#
              + #""name":"2022 XYZ Corp Tax Return","workflowId":"w1"}"#)
        ])
    }
  }

  @Test func `a workflow gets one delivery, though its creation is told ten times and under other ids`()
    async throws
  {
    try await bench.running { caller in
      let same = try bench.record(created("w1"), id: "one")
      try await bench.deliver(Array(repeating: same, count: 10) + [bench.record(created("w1"), id: "two")])
      try await bench.deliver([same, bench.record(created("w1"), id: "three"), bench.record(created("w2"))])
      #expect(try await caller.list("?workflowId=w1").count == 1)
      #expect(try await caller.list().count == 2)
      #expect(try await bench.published().count == 2)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `a workflow whose name no delivery may have is refused where it can be seen`() async throws {
    try await bench.running { caller in
      try await bench.deliver([bench.record(created("w1", " ")), bench.record(created("w2"))])
      #expect(try await bench.deadReasons() == ["workflow w1: must not be empty"])
      #expect(try await caller.list("?workflowId=w1").isEmpty)
      #expect(try await caller.list("?workflowId=w2").count == 1)
    }
  }
}
