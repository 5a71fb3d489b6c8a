import Contracts
import Foundation
import GRDB
import HTTPAPI
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// What another instance does with an event belongs to its story here.
@Suite(.timeLimit(.minutes(2))) struct FollowingOtherInstances {
  private let at = Timestamp(milliseconds: 1_800_000_000_000)

  private func received(
    _ id: String, body: String = "b", isOrdered: Bool = false, source: String = "shop"
  ) -> EventReceived {
    EventReceived(
      id: SourceEventID(id), source: source, name: "order", body: body, timestamp: "t", brand: "acme",
      receivedAt: at, isOrdered: isOrdered)
  }

  private func delivered(_ id: String, attempt: Int = 1, runner: String = "other") -> EventDelivered {
    EventDelivered(
      id: SourceEventID(id), source: "shop", runner: runner, attempt: attempt, answer: #"{"id":"\#(id)"}"#,
      deliveredAt: at + .seconds(9))
  }

  private func retried(_ id: String, attempt: Int = 1, runner: String = "other") -> EventDeliveryRetried {
    EventDeliveryRetried(
      id: SourceEventID(id), source: "shop", runner: runner, attempt: attempt, reason: "busy",
      failedAt: at + .seconds(1), nextAttemptAt: at + .seconds(5))
  }

  private func failed(_ id: String, attempt: Int = 3, runner: String = "other") -> EventDeliveryFailed {
    EventDeliveryFailed(
      id: SourceEventID(id), source: "shop", runner: runner, attempt: attempt, reason: "given up",
      failedAt: at + .seconds(8))
  }

  @Test func `its attempts, and the delivery in the end, are told with where they were`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.keep("e1", receivedAt: at)
    try await bench.running { caller in
      try await bench.deliver([bench.record(retried("e1"))])
      let waiting = try await caller.story("e1")
      #expect(waiting.status == "QUEUED")
      #expect(waiting.attempt == 1)
      #expect(waiting.reason == "busy")
      #expect(waiting.nextAttemptAt == at + .seconds(5))
      #expect(waiting.waiting == ReadStory.Waiting(reason: "attempt 1 failed: busy", until: at + .seconds(5)))
      #expect(waiting.steps.last?.instance == "other")
      try await bench.deliver([bench.record(delivered("e1", attempt: 2))])
      let done = try await caller.story("e1")
      #expect(done.status == "DELIVERED")
      #expect(done.attempt == 2)
      #expect(done.reason == nil && done.nextAttemptAt == nil && done.waiting == nil)
      #expect(done.steps.map(\.step) == ["RECEIVED", "QUEUED", "ATTEMPT_FAILED", "DELIVERED"])
      #expect(done.steps.map { $0.instance == "other" } == [false, false, true, true])
      #expect(done.steps.last?.at == at + .seconds(9))
      #expect(done.steps.last?.responseExcerpt == #"{"id":"e1"}"#)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `that it gave up is told, and that it delivered after all`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.keep("e1", receivedAt: at)
    try await bench.running { caller in
      try await bench.deliver([bench.record(failed("e1"))])
      let story = try await caller.story("e1")
      #expect(story.status == "FAILED")
      #expect(story.attempt == 3)
      #expect(story.reason == "given up")
      #expect(story.waiting == nil)
      #expect(story.steps.last?.step == "FAILED")
      #expect(story.steps.last?.instance == "other")
      try await bench.deliver([bench.record(delivered("e1"))])
      #expect(try await caller.story("e1").status == "DELIVERED")
    }
  }

  @Test func `what comes late, or again, changes nothing of what is delivered`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.keep("e1", receivedAt: at)
    try await bench.running { caller in
      let first = try bench.record(delivered("e1"), id: "one")
      try await bench.deliver([first])
      let story = try await caller.get("/events/e1").text
      try await bench.deliver([
        first, bench.record(delivered("e1", attempt: 7), id: "two"), bench.record(retried("e1", attempt: 5)),
        bench.record(failed("e1", attempt: 6)),
      ])
      #expect(try await caller.get("/events/e1").text == story)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `its own word is no news`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.keep("e1", receivedAt: at)
    let own = bench.store.instance
    try await bench.running { caller in
      try await bench.deliver([
        bench.record(retried("e1", runner: own)), bench.record(failed("e1", runner: own)),
        bench.record(delivered("e1", runner: own)),
      ])
      let story = try await caller.story("e1")
      #expect(story.status == "QUEUED")
      #expect(story.attempt == 0)
      #expect(story.steps.map(\.step) == ["RECEIVED", "QUEUED"])
    }
  }

  @Test func `of an event that is not here nothing is kept`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { _ in
      try await bench.deliver([
        bench.record(retried("e1")), bench.record(failed("e1")), bench.record(delivered("e1")),
      ])
      #expect(try await bench.published().isEmpty)
      let rows = try await bench.rows()
      #expect(rows.events == 0 && rows.steps == 0 && rows.rejected == 0)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `what came in there and is this one's part is kept here, with a job, once`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { caller in
      try await bench.deliver([
        bench.record(received("e1", body: "a\0b"), id: "one"),
        bench.record(received("e1", body: "a\0b"), id: "two"),
      ])
      let story = try await caller.story("e1")
      #expect(story.source == "shop")
      #expect(story.body == "a\0b")
      #expect(story.brand == "acme")
      #expect(story.receivedAt == at)
      #expect(story.steps.prefix(2).map(\.step) == ["RECEIVED", "QUEUED"])
      #expect(try await bench.count("SELECT count(*) FROM jobs") == 1)
      #expect(try await bench.rows().rejected == 0)
      #expect(try await bench.told(EventReceived.self).isEmpty)
    }
  }

  @Test func `of two that came in under one id the first is delivered, the other is on record`() async throws
  {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { caller in
      try await bench.deliver([
        bench.record(received("e1")), bench.record(received("e1", body: "other")),
        bench.record(received("e1", source: "till")),
      ])
      let story = try await caller.story("e1")
      #expect(story.body == "b")
      #expect(story.steps.filter { $0.step == "CONFLICTED" }.count == 2)
      #expect(try await bench.count("SELECT count(*) FROM jobs") == 1)
      let kept = try await caller.rejections().items
      #expect(kept.map(\.kind) == ["conflict", "conflict"])
      #expect(kept.map(\.source) == ["till", "shop"])
      #expect(kept.map(\.eventId) == ["e1", "e1"])
    }
  }

  @Test func `what came in here goes round through the broker and is queued with its job`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      try await bench.until {
        try await bench.count("SELECT count(*) FROM events WHERE status = 'QUEUED' AND attempt = 1") == 1
      }
      let story = try await caller.story("e1")
      #expect(story.steps.map(\.step) == ["RECEIVED", "QUEUED", "ATTEMPT_FAILED"])
      #expect(story.steps.last?.attempt == 1)
      #expect(story.reason?.contains("did not answer") == true)
      #expect(story.waiting?.until == story.nextAttemptAt)
      #expect(try await bench.told(EventDeliveryRetried.self).map(\.attempt) == [1])
    }
  }

  @Test(arguments: [false, true])
  func `those of one source wait for each other where the order counts`(isOrdered: Bool) async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { _ in
      try await bench.deliver([
        bench.record(received("e1", isOrdered: isOrdered)),
        bench.record(received("e2", isOrdered: isOrdered)),
        bench.record(received("e3", isOrdered: isOrdered, source: "till")),
      ])
      let lanes = try await bench.store.read {
        try String?.fetchAll($0, sql: "SELECT lane FROM jobs ORDER BY rowid")
      }
      #expect(lanes == (isOrdered ? ["shop", "shop", "till"] : [nil, nil, nil]))
    }
  }
}
