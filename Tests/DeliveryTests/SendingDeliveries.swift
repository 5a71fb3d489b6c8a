import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Testing

/// A delivery is sent once, announced once, and never becomes NEW again.
@Suite struct SendingDeliveries {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `is answered with the delivery and announced once, however often it is asked for`() async throws
  {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let first = try await caller.put("DELIVERED", on: delivery.id)
      #expect(first.status == .ok)
      let sent: ReadDelivery = try first.json()
      #expect(sent.state == "DELIVERED")
      for _ in 1...3 {
        let again = try await caller.put("DELIVERED", on: delivery.id)
        #expect(again.status == .ok)
        #expect(again.text == first.text)
      }
      #expect(
        try await bench.published().dropFirst() == [
          Published(
            type: "delivery.sent.v1", key: delivery.id,
            payload: #"{"id":"\#(delivery.id)","sentAt":"\#(sent.updatedAt)"}"#)
        ])
    }
  }

  @Test func `asked for by many at once, it happens once`() async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
        for _ in 1...20 {
          group.addTask {
            let answer = try await caller.put("DELIVERED", on: delivery.id)
            return TestAnswer(code: answer.status.code, text: answer.text)
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(answers.count == 1)
      #expect(answers.first?.code == 200)
    }
    #expect(try await bench.published().filter { $0.type == "delivery.sent.v1" }.count == 1)
  }

  private struct TestAnswer: Hashable {
    let code: Int
    let text: String
  }

  @Test func `is not taken back`() async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      _ = try await caller.put("DELIVERED", on: delivery.id)
      let answer = try await caller.put("NEW", on: delivery.id)
      #expect(answer.status == .conflict)
      #expect(answer.problem == "already-delivered")
      #expect(try await caller.delivery(delivery.id).state == "DELIVERED")
    }
    #expect(try await bench.published().count == 2)
  }

  @Test func `NEW on a new one changes nothing`() async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      #expect(try await caller.put("NEW", on: delivery.id).status == .ok)
      #expect(try await caller.delivery(delivery.id) == delivery)
    }
    #expect(try await bench.published().count == 1)
  }

  @Test func `needs a delivery that exists`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.put("DELIVERED", on: "nobody")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
      #expect(try await caller.list().isEmpty)
    }
    #expect(try await bench.published().isEmpty)
  }

  @Test(arguments: [
    #"{"state":"SENT"}"#, #"{"state":"delivered"}"#, #"{"state":null}"#, #"{"state":1}"#, "{}",
  ])
  func `refuses a state that is none, and points to it`(body: String) async throws {
    try await bench.serving { caller in
      let delivery = try await caller.create("Tax")
      let answer = try await caller.send(.put, "\(Caller.deliveries)/\(delivery.id)", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request /state")
      #expect(try await caller.delivery(delivery.id) == delivery)
    }
  }
}
