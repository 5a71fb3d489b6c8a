import Contracts
import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import Hosting
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Gateway

extension CornerCases {
  // MARK: - Finding events

  @Test func `an event may be called like a route: percent-encoded, it is its own`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.keep("batch")
    try await bench.serving { caller in
      let answer = try await caller.get("/events/%62atch")
      #expect(answer.status == .ok)
    }
  }

  @Test func `a zero ends no id in a path, and no text that is looked for`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.keep("e1")
    try await bench.serving { caller in
      let story = try await caller.get("/events/e1%00x")
      #expect(story.status == .notFound)
      let found: ReadPage<ReadSummary> = try await caller.get("/events?q=%00x").json()
      #expect(found.items.isEmpty)
      let all: ReadPage<ReadSummary> = try await caller.get("/events?source=shop%00x").json()
      #expect(all.items.isEmpty)
    }
  }

  @Test func `a brand with a zero in it is refused, or kept whole`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/sources", #"{"name":"shop","brand":"a\u0000b"}"#)
      guard answer.status == .created else {
        #expect(answer.status == .unprocessableContent)
        return
      }
      let brands = try await caller.get("/sources").json(ReadPage<ReadSource>.self).items.map(\.brand)
      #expect(brands == ["a\0b"])
    }
  }

  // In a process of its own, because it ends it.
  @Test func `no cursor ends the process`() async {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      let bench = try ServiceBench.gateway(folder: folder)
      try await bench.keep("e1")
      try await bench.serving { caller in
        let key = "k:\(Int64.min)"
        let cursor = Data(key.utf8).base64EncodedString().replacing("=", with: "")
        let answer = try await caller.get("/events?cursor=\(cursor)")
        #expect(answer.status == .ok || answer.problem == "invalid-request /cursor")
      }
    }
  }

  @Test func `since finds what came at another instance earlier beside what came here later`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.keep("here", receivedAt: at + .seconds(100))
    // Received elsewhere before, and heard of here only now.
    try await bench.keep("there", receivedAt: at)
    try await bench.serving { caller in
      let page: ReadPage<ReadSummary> = try await caller.get("/events?since=\(at + .seconds(50))").json()
      #expect(page.items.map(\.id) == ["here"])
    }
  }

  // MARK: - Stories

  @Test func `a story is told in the order of time, whatever came after the delivery`() async throws {
    let clock = TestClock(at)
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      clock.pass(.seconds(1))
      _ = try await caller.hand(event("e1", body: "early"), key: key)
      clock.pass(.seconds(1))
      let seq = try await bench.event("e1").seq
      try await bench.store.write { try $0.queue(seq) }
      clock.pass(.seconds(1))
      try await bench.store.write { work in
        try work.delivered(seq, attempt: 1, answer: "{}", at: work.now, runner: nil)
      }
      clock.pass(.seconds(1))
      _ = try await caller.hand(event("e1", body: "late"), key: key)
      let steps = try await caller.story("e1").steps
      #expect(steps.map(\.step) == ["RECEIVED", "CONFLICTED", "QUEUED", "DELIVERED", "CONFLICTED"])
      #expect(steps.map(\.at) == steps.map(\.at).sorted())
    }
  }

  @Test func `a retry that is heard of after the end it came before does not take the event back`()
    async throws
  {
    let at = at
    let bench = try ServiceBench.gateway(onTheWire: true, clock: { at })
    try await bench.keep("e1")
    try await bench.running { caller in
      try await bench.deliver([
        bench.record(
          EventDeliveryFailed(
            id: SourceEventID("e1"), source: "shop", runner: "other", attempt: 4, reason: "given up",
            failedAt: at + .seconds(8)))
      ])
      // Of another topic: it may come later.
      try await bench.deliver([
        bench.record(
          EventDeliveryRetried(
            id: SourceEventID("e1"), source: "shop", runner: "other", attempt: 3, reason: "busy",
            failedAt: at + .seconds(4), nextAttemptAt: at + .seconds(7)))
      ])
      let story = try await caller.story("e1")
      #expect(story.status == "FAILED")
      #expect(story.attempt == 4)
      #expect(story.steps.map(\.at) == story.steps.map(\.at).sorted())
    }
  }

  @Test func `a place in the stream of changes is given once, whatever is forgotten`() async throws {
    let clock = TestClock(at)
    let bench = try ServiceBench.gateway(clock: { clock.now })
    for number in 0..<3 { try await bench.keep("e\(number)", status: .delivered) }
    let last = try await bench.event("e2").change
    clock.pass(.days(31))
    _ = try await bench.store.write { try GatewayEvent.prune($0, limit: 10) }
    try await bench.keep("e3")
    // Whoever watches, or comes back with Last-Event-ID, would not hear of it.
    #expect(try await bench.event("e3").change > last)
  }
}
