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

/// A source hands an event over once, and has a yes that holds.
@Suite struct TakingEventsIn {
  @Test func `is answered with 202, kept as it came, and told once with the brand of its source`()
    async throws
  {
    let clock = TestClock(Timestamp(milliseconds: 1_800_000_000_000))
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(
        event("e1", body: #"{"total":1}"#), key: key, correlation: "story-7")
      #expect(answer.status == .accepted)
      #expect(answer.text == #"{"id":"e1","status":"RECEIVED"}"#)
      let story = try await caller.story("e1")
      #expect(story.source == "shop")
      #expect(story.brand == "acme")
      #expect(story.name == "order")
      #expect(story.body == #"{"total":1}"#)
      #expect(story.timestamp == "2026-01-31T12:00:00Z")
      #expect(story.status == "RECEIVED")
      #expect(story.attempt == 0)
      #expect(story.receivedAt == clock.now)
      let told = try await bench.published()
      #expect(told.map(\.type) == ["event.received.v1"])
      #expect(told.map(\.key) == ["e1"])
      #expect(
        try told.first?.decode(EventReceived.self)
          == EventReceived(
            id: SourceEventID("e1"), source: "shop", name: "order", body: #"{"total":1}"#,
            timestamp: "2026-01-31T12:00:00Z",
            brand: "acme", receivedAt: clock.now, isOrdered: false))
      #expect(try await bench.count("SELECT count(*) FROM outbox WHERE correlation_id = 'story-7'") == 1)
    }
  }

  @Test func `the same again is 202, and no second event`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      for _ in 0..<5 {
        let answer = try await caller.hand(event("e1"), key: key)
        #expect(answer.status == .accepted)
        #expect(try answer.json() == ReadReceipt(id: "e1", status: "RECEIVED"))
      }
      // In other words: other spaces, another order, escapes.
      let other = #"""
        { "timestamp":"2026-01-31T12:00:00Z", "body":"\u0062",
          "more":[1], "name":"order", "id":"e1" }
        """#
      #expect(try await caller.hand(other, key: key).status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `many at once under one id are one event`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let statuses = try await withThrowingTaskGroup(of: UInt.self) { group in
        for _ in 0..<50 {
          group.addTask { UInt(try await caller.hand(event("e1"), key: key).status.code) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 202, count: 50))
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `says how far the event is when it comes again later`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      let seq = try await bench.event("e1").seq
      try await bench.store.write { work in
        try work.queue(seq)
        try work.delivered(seq, attempt: 1, answer: "{}", at: work.now, runner: nil)
      }
      let again = try await caller.hand(event("e1"), key: key)
      #expect(again.status == .accepted)
      #expect(try again.json() == ReadReceipt(id: "e1", status: "DELIVERED"))
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test(arguments: [
    (#"{"a": 1, "b":[ ]}"#, #"{"a": 1, "b":[ ]}"#), ("[1,2]", "[1,2]"), ("-1.50e+3", "-1.50e+3"),
    ("null", "null"), ("true", "true"), (#""text""#, "text"), (#""""#, ""), (#""\"\\\/\n""#, "\"\\/\n"),
    (#""😀 \ud83d\ude00""#, "😀 😀"), (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#),
  ])
  func `a body that is no string is passed on as its JSON text`(body: String, kept: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(
        #"{"id":"e1","name":"n","body":\#(body),"timestamp":"t"}"#, key: key)
      #expect(answer.status == .accepted)
      #expect(try await caller.story("e1").body == kept)
      #expect(try await bench.told(EventReceived.self).map(\.body) == [kept])
    }
  }

  @Test func `a body with zeros in it is kept whole`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let sent = #"{"id":"e1","name":"n","body":"a\u0000b\u0000","timestamp":"t"}"#
      #expect(try await caller.hand(sent, key: key).status == .accepted)
      #expect(try await caller.hand(sent, key: key).status == .accepted)
      #expect(try await caller.story("e1").body == "a\0b\0")
      #expect(try await bench.told(EventReceived.self).map(\.body) == ["a\0b\0"])
      let shorter = #"{"id":"e1","name":"n","body":"a","timestamp":"t"}"#
      #expect(try await caller.hand(shorter, key: key).status == .conflict)
    }
  }

  @Test(arguments: [("1769860800", "1769860800"), ("-1.5e3", "-1.5e3"), (#""soon""#, "soon")])
  func `a timestamp is passed on as it was written, be it a number`(
    written: String, kept: String
  ) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let sent = #"{"id":"e1","name":"n","body":"b","timestamp":\#(written)}"#
      #expect(try await caller.hand(sent, key: key).status == .accepted)
      #expect(try await caller.story("e1").timestamp == kept)
      #expect(try await bench.told(EventReceived.self).map(\.timestamp) == [kept])
    }
  }

  @Test(arguments: [
    "a/b", "50%", "%2F", "Ünïcödé 😀", "two words", "a?b=c&d#e", "..", "+", "line\nend", "\"quoted\"",
    String(repeating: "é", count: 200),
  ])
  func `any id is an id, and its story is found under it`(id: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(event(id), key: key)
      #expect(answer.status == .accepted)
      #expect(try answer.json() == ReadReceipt(id: id, status: "RECEIVED"))
      #expect(try await caller.story(id).id == id)
      #expect(try await bench.told(EventReceived.self).map(\.id) == [SourceEventID(id)])
    }
  }

  @Test(arguments: [("stream", "%73tream"), ("batch", "%62atch")])
  func `one that is called like a route is found when that is escaped`(id: String, path: String) async throws
  {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event(id), key: key)
      #expect(try await caller.get("/events/\(path)").json(ReadStory.self).id == id)
    }
  }

  @Test func `goes by the key of its source where the order counts`() async throws {
    let bench = try ServiceBench.gateway(["GATEWAY_ORDERED": "1"])
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      for id in ["e1", "e2"] { _ = try await caller.hand(event(id), key: key) }
      #expect(try await bench.published().map(\.key) == ["shop", "shop"])
      #expect(try await bench.told(EventReceived.self).map(\.isOrdered) == [true, true])
    }
  }

  @Test func `each event has the brand of the source that sent it`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let (one, two) = (try await caller.addSource(), try await caller.addSource("till", brand: "other"))
      #expect(try await caller.hand(event("e1"), key: one.secret).status == .accepted)
      #expect(try await caller.hand(event("e2"), key: two.secret).status == .accepted)
      #expect(try await caller.story("e1").brand == "acme")
      #expect(try await caller.story("e2").brand == "other")
      #expect(try await bench.told(EventReceived.self).map(\.brand) == ["acme", "other"])
    }
  }

  @Test func `one that is not here is not found`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.get("/events/none")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
    }
  }
}
