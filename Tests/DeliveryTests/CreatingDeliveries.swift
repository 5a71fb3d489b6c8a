import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Testing

/// A delivery that stands alone.
@Suite struct CreatingDeliveries {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `one that stands alone is answered whole, with where it lives`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.deliveries, #"{"name":"XYZ Tax Return Delivery"}"#)
      #expect(answer.status == .created)
      let delivery: ReadDelivery = try answer.json()
      let moment = delivery.createdAt
      #expect(answer.headers[.location] == "/api/delivery/deliveries/\(delivery.id)")
      #expect(
        answer.text == #"{"createdAt":"\#(moment)","id":"\#(delivery.id)","name":"XYZ Tax Return Delivery","#
          + #""state":"NEW","updatedAt":"\#(moment)","workflowId":null}"#)
      #expect(try await caller.get("\(Caller.deliveries)/\(delivery.id)").text == answer.text)
      #expect(
        try await bench.published() == [
          Published(
            type: "delivery.created.v1", key: delivery.id,
            payload: #"{"createdAt":"\#(moment)","id":"\#(delivery.id)","name":"XYZ Tax Return Delivery"}"#)
        ])
    }
  }

  @Test(arguments: [
    #"{"name":""}"#, #"{"name":" \t\n "}"#, "{}", #"{"name":7}"#, #"{"name":null}"#, #"{"name":{}}"#,
    #"{"name":"\#(String(repeating: "x", count: 201))"}"#,
    #"{"name":"e\#(String(repeating: "\u{301}", count: 5000))"}"#,
  ])
  func `a name that is none is refused, and nothing is kept`(body: String) async throws {
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.deliveries, body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request /name")
      #expect(try await caller.list().isEmpty)
    }
    #expect(try await bench.published().isEmpty)
  }

  @Test func `repeated under one key, happens once`() async throws {
    try await bench.serving { caller in
      let first = try await caller.send(.post, Caller.deliveries, #"{"name":"Tax"}"#, key: "k-1")
      let second = try await caller.send(.post, Caller.deliveries, #"{"name":"Tax"}"#, key: "k-1")
      #expect(second.status == .created)
      #expect(second.text == first.text)
      #expect(second.headers[HTTPField.Name("idempotency-replayed")!] == "true")
      let other = try await caller.send(.post, Caller.deliveries, #"{"name":"Law"}"#, key: "k-1")
      #expect(other.status == .unprocessableContent)
      #expect(other.problem == "idempotency-key-reused")
      #expect(try await caller.list().count == 1)
    }
    #expect(try await bench.published().count == 1)
  }
}
