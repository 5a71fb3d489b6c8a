import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Testing

/// A delivery that was made before the two were linked gets its workflow.
@Suite struct LinkingDeliveries {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `a new delivery is announced again, with its workflow, once`() async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let answer = try await caller.link(delivery.id, to: "w1")
      #expect(answer.status == .ok)
      #expect(try await caller.delivery(delivery.id).workflowId == "w1")
      let again = try await caller.link(delivery.id, to: "w1")
      #expect(again.status == .ok)
      #expect(again.text == answer.text)
      let published = try await bench.published().dropFirst()
      #expect(published.map(\.type) == ["delivery.created.v1"])
      #expect(published.first?.payload.contains(#""workflowId":"w1""#) == true)
    }
  }

  @Test func `a delivered one is announced with what was sent, so that the workflow learns both`()
    async throws
  {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let sent: ReadDelivery = try await caller.put("DELIVERED", on: delivery.id).json()
      _ = try await caller.link(delivery.id, to: "w1")
      let published = try await bench.published().dropFirst(2)
      #expect(published.map(\.type) == ["delivery.created.v1", "delivery.sent.v1"])
      #expect(
        published.last?.payload
          == #"{"id":"\#(delivery.id)","sentAt":"\#(sent.updatedAt)","workflowId":"w1"}"#)
    }
  }

  @Test func `it keeps the workflow it has, and a workflow the delivery it has`() async throws {
    try await bench.serving { caller in
      let first = try await caller.create("Tax")
      let second = try await caller.create("Law")
      _ = try await caller.link(first.id, to: "w1")
      let count = try await bench.published().count
      for (id, workflow) in [(first.id, "w2"), (second.id, "w1")] {
        let answer = try await caller.link(id, to: workflow)
        #expect(answer.status == .conflict)
        #expect(answer.problem == "linked-elsewhere")
      }
      #expect(try await caller.delivery(first.id).workflowId == "w1")
      #expect(try await caller.delivery(second.id).workflowId == nil)
      #expect(try await bench.published().count == count)
    }
  }

  @Test func `needs a delivery that exists`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.link("nobody", to: "w1")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
    }
  }

  @Test(arguments: [
    "{}", #"{"workflowId":null}"#, #"{"workflowId":7}"#, #"{"workflowId":""}"#,
    #"{"workflowId":"\#(String(repeating: "w", count: 101))"}"#,
  ])
  func `refuses what is no workflow's id: a link is for ever`(body: String) async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let answer = try await caller.send(.put, "\(Caller.deliveries)/\(delivery.id)/workflow", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request /workflowId")
      #expect(try await caller.delivery(delivery.id) == delivery)
    }
  }
}
