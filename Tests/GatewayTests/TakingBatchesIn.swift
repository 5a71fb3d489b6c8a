import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Many events in one request: each has a verdict of its own, and all of them are durable together.
@Suite struct TakingBatchesIn {
  private func batch(_ events: [String]) -> String { "[\(events.joined(separator: ", "))]" }

  @Test func `each has its verdict, in the order of the request`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("known"), key: key)
      let sent = batch([
        try event("e1"), #"{"id":"e2"}"#, try event("known"), try event("known", body: "other"), "7",
        try event("e3"),
      ])
      let answer = try await caller.hand(sent, key: key, to: "/events/batch")
      #expect(answer.status == .accepted)
      let verdicts: ReadBatch = try answer.json()
      #expect(
        verdicts.items.map(\.status) == [
          "RECEIVED", "REJECTED", "RECEIVED", "REJECTED", "REJECTED", "RECEIVED",
        ])
      #expect(verdicts.items.map(\.id) == ["e1", nil, "known", "known", nil, "e3"])
      #expect(verdicts.items.map { $0.reason == nil } == [true, false, true, false, false, true])
      #expect(verdicts.accepted == 3)
      #expect(verdicts.rejected == 3)
      #expect(try await bench.rows() == Rows(events: 3, steps: 1, rejected: 3, outbox: 3))
      // Nothing is told of what was refused.
      #expect(try await bench.published().map(\.key) == ["known", "e1", "e3"])
      var kept: [String] = []
      for item in verdicts.items {
        guard let id = item.rejection else { continue }
        let rejection: ReadRejection = try await caller.get("/rejections/\(id)").json()
        kept.append("\(rejection.kind) \(rejection.raw ?? "")")
      }
      #expect(
        kept == [#"malformed {"id":"e2"}"#, "conflict \(try event("known", body: "other"))", "malformed 7"])
    }
  }

  @Test func `one event twice in it is one event; another under its id is refused`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let sent = batch([try event("e1"), try event("e1"), try event("e1", name: "other")])
      let answer = try await caller.hand(sent, key: key, to: "/events/batch")
      #expect(answer.status == .accepted)
      let verdicts: ReadBatch = try answer.json()
      #expect(verdicts.items.map(\.status) == ["RECEIVED", "RECEIVED", "REJECTED"])
      #expect(verdicts.items.map(\.id) == ["e1", "e1", "e1"])
      #expect(try await bench.rows() == Rows(events: 1, steps: 1, rejected: 1, outbox: 1))
      // The same batch again changes nothing but what is on record.
      _ = try await caller.hand(sent, key: key, to: "/events/batch")
      #expect(try await bench.rows() == Rows(events: 1, steps: 2, rejected: 2, outbox: 1))
    }
  }

  @Test func `a thousand are taken in their order, and one more is refused as a whole`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let events = try (1...1001).map { try event("e\($0)") }
      let more = try await caller.hand(batch(events), key: key, to: "/events/batch")
      #expect(more.status == .unprocessableContent)
      #expect(more.problem == "event-malformed ")
      #expect(try await bench.rows() == Rows(rejected: 1))
      #expect(try await caller.lastRejection().size == batch(events).utf8.count)

      let answer = try await caller.hand(batch(Array(events.prefix(1000))), key: key, to: "/events/batch")
      #expect(answer.status == .accepted)
      let verdicts: ReadBatch = try answer.json()
      let ids = (1...1000).map { "e\($0)" }
      #expect(verdicts.items.map(\.id) == ids)
      #expect(verdicts.accepted == 1000)
      #expect(verdicts.rejected == 0)
      #expect(try await bench.published().map(\.key) == ids)
    }
  }

  @Test func `when all are refused it is 422, with the verdict of each`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(#"[{}, null, "e1"]"#, key: key, to: "/events/batch")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "batch-refused /0 /1 /2")
      #expect(try await bench.rows() == Rows(rejected: 3))
      for rejection in try await caller.rejections().items {
        #expect(answer.text.contains("kept as rejection \(rejection.id)"))
      }
    }
  }

  @Test func `an empty one is taken, and is nothing`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(" [ ] ", key: key, to: "/events/batch")
      #expect(answer.status == .accepted)
      #expect(try answer.json(ReadBatch.self).items.isEmpty)
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test(arguments: ["", "{}", "[", "[1,]", "[1]x", #"{"events":[]}"#, "[\"\u{1}\"]", "null"])
  func `what is no array is refused as a whole, and kept`(sent: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(sent, key: key, to: "/events/batch")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "event-malformed ")
      #expect(try await caller.lastRejection().raw == sent)
      #expect(try await bench.rows() == Rows(rejected: 1))
    }
  }

  @Test func `a name that comes twice in one of them is that one's fault`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let twice = #"{"id":"e2","id":"e3","name":"n","body":"b","timestamp":"t"}"#
      let answer = try await caller.hand(
        batch([try event("e1"), twice]), key: key, to: "/events/batch")
      #expect(try answer.json(ReadBatch.self).items.map(\.status) == ["RECEIVED", "REJECTED"])
      #expect(try await caller.lastRejection().raw == twice)
    }
  }
}
