import Contracts
import HTTPTypes
import HummingbirdTesting
import Kafka
import Messaging
import ServiceTesting
import Storage
import Testing

/// What an operator does about an event that could not be handled.
@Suite struct DecidingDeadLetters {
  private struct Letter: Decodable, Sendable {
    let id: String
    let eventID: String?
    let state: String
    let reason: String
    let fingerprint: String
  }

  private struct Outcome: Decodable, Equatable {
    let settled: [String]
    let skipped: [String]
  }

  let bench: TestBench

  init() throws { bench = try TestBench(onTheWire: true) }

  private func bury(_ event: String) async throws {
    let nameless = WorkflowCreated(id: WorkflowID("w1"), name: "", createdAt: Timestamp(milliseconds: 0))
    try await bench.deliver([bench.record(nameless, id: event)])
  }

  private func letters(_ caller: Caller, _ query: String = "") async throws -> [Letter] {
    try await caller.get("/dead-letters\(query)").json(ReadPage<Letter>.self).items.filter {
      $0.eventID != nil
    }
  }

  @Test func `is listed with its reason, and shown whole`() async throws {
    try await bench.running { caller in
      try await bury("broken")
      let letter = try #require(try await letters(caller).first)
      #expect(letter.eventID == "broken")
      #expect(letter.reason == "workflow w1: must not be empty")
      let whole = try await caller.get("/dead-letters/\(letter.id)")
      #expect(whole.status == .ok)
      #expect(whole.text.contains(#"{"name":"ce_id","value":"broken"}"#))
      #expect(whole.text.contains(#"\"id\":\"w1\""#))
      let other = try await caller.get("/dead-letters/nobody")
      #expect(other.status == .notFound)
    }
  }

  @Test func `discarded, it leaves the list and is settled once`() async throws {
    try await bench.running { caller in
      try await bury("broken")
      let id = try #require(try await letters(caller).first).id
      let body = #"{"ids":["\#(id)","nobody"]}"#
      let first: Outcome = try await caller.send(.post, "/dead-letters/discard", body).json()
      #expect(first == Outcome(settled: [id], skipped: ["nobody"]))
      let second: Outcome = try await caller.send(.post, "/dead-letters/discard", body).json()
      #expect(second == Outcome(settled: [], skipped: [id, "nobody"]))
      #expect(try await letters(caller).isEmpty)
      #expect(try await letters(caller, "?all=true").map(\.state) == ["discarded"])
    }
  }

  @Test func `redriven, it is handled as if it had just come: here refused again`() async throws {
    try await bench.running { caller in
      try await bury("broken")
      let id = try #require(try await letters(caller).first).id
      let order = #"{"ids":["\#(id)"],"why":"the name is there now"}"#
      let answer = try await caller.send(.post, "/dead-letters/redrive", order)
      #expect(answer.status == .created)
      try await bench.until { try await bench.deadReasons().count == 2 }
      #expect(try await letters(caller, "?all=true").map(\.state) == ["dead", "redriven"])
      #expect(Set(try await letters(caller, "?all=true").map(\.fingerprint)).count == 1)
      #expect(try await bench.count("SELECT count(*) FROM parked") == 0)
    }
  }

  @Test(arguments: ["{}", #"{"ids":"one"}"#, #"{"ids":[1]}"#])
  func `refuses a decision about nothing`(body: String) async throws {
    try await bench.serving { caller in
      for action in ["redrive", "discard"] {
        let answer = try await caller.send(.post, "/dead-letters/\(action)", body)
        #expect(answer.status == .unprocessableContent)
        #expect(answer.problem.hasPrefix("invalid-request /ids"))
      }
    }
  }
}
