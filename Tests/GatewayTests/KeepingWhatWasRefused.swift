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

/// What was refused will not be sent again: it stays where an operator finds it.
@Suite struct KeepingWhatWasRefused {
  @Test(arguments: [
    #"{"id":"e1","name":"other","body":"b","timestamp":"2026-01-31T12:00:00Z"}"#,
    #"{"id":"e1","name":"order","body":"B","timestamp":"2026-01-31T12:00:00Z"}"#,
    #"{"id":"e1","name":"order","body":"b ","timestamp":"2026-01-31T12:00:00Z"}"#,
    #"{"id":"e1","name":"order","body":"b","timestamp":"2026-01-31T12:00:01Z"}"#,
  ])
  func `another event under a known id is 409, on record, and in the story of the first`(
    sent: String
  ) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      let first = try await caller.story("e1")
      let answer = try await caller.hand(sent, key: key)
      #expect(answer.status == .conflict)
      #expect(answer.problem == "event-id-taken")
      #expect(try await bench.rows() == Rows(events: 1, steps: 1, rejected: 1, outbox: 1))
      let kept = try await caller.lastRejection()
      #expect(answer.text.contains("GET /rejections/\(kept.id)."))
      #expect(kept.kind == "conflict")
      #expect(kept.eventId == "e1")
      #expect(kept.raw == sent)
      #expect(kept.isTruncated == false)
      let story = try await caller.story("e1")
      #expect(story.body == first.body && story.name == first.name && story.timestamp == first.timestamp)
      let step = try #require(story.steps.last)
      #expect(step.step == "CONFLICTED")
      #expect(step.detail?.contains(kept.id) == true)
      // The first goes on as if nothing had been.
      #expect(try await caller.hand(event("e1"), key: key).status == .accepted)
    }
  }

  @Test func `another source under a known id is 409 too, and its own rejection`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let one = try await caller.addSource().secret
      let two = try await caller.addSource("till", brand: "acme").secret
      _ = try await caller.hand(event("e1"), key: one)
      let answer = try await caller.hand(event("e1"), key: two)
      #expect(answer.status == .conflict)
      #expect(try await caller.lastRejection().source == "till")
      #expect(try await caller.story("e1").source == "shop")
      #expect(try await caller.story("e1").steps.last?.detail?.contains("till") == true)
      #expect(try await bench.told(EventReceived.self).count == 1)
    }
  }

  @Test func `what is larger than 1 MiB is 413, and its beginning is kept`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let sent = try event("e1", body: String(repeating: "x", count: 1 << 20))
      let answer = try await caller.hand(sent, key: key)
      #expect(answer.status == .contentTooLarge)
      #expect(answer.problem == "body-too-large")
      #expect(try await bench.rows() == Rows(rejected: 1))
      let kept = try await caller.lastRejection()
      #expect(answer.text.contains("GET /rejections/\(kept.id)."))
      #expect(kept.kind == "too-large")
      #expect(kept.isTruncated == true)
      let beginning = try #require(kept.raw)
      #expect(beginning.utf8.count >= 1 << 16)
      #expect(sent.hasPrefix(beginning))
      let batch = try await caller.hand("[\(sent)]", key: key, to: "/events/batch")
      #expect(batch.status == .contentTooLarge)
      #expect(try await bench.rows() == Rows(rejected: 2))
    }
  }

  @Test func `what is just 1 MiB large is read`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let frame = try event("e1", body: "").utf8.count
      // Most of it is space: as a message, the broker would not take so much.
      let sent = try event("e1", body: "") + String(repeating: " ", count: (1 << 20) - frame)
      #expect(sent.utf8.count == 1 << 20)
      let more = try await caller.hand(sent + " ", key: key)
      #expect(more.status == .contentTooLarge)
      let answer = try await caller.hand(sent, key: key)
      #expect(answer.status == .accepted)
    }
  }

  @Test func `is listed from the newest on, page by page, of one source or of all`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let one = try await caller.addSource().secret
      let two = try await caller.addSource("till").secret
      for number in 0..<7 {
        let key = number.isMultiple(of: 2) ? one : two
        #expect(try await caller.hand("no event \(number)", key: key).status == .unprocessableContent)
      }
      var seen: [ReadRejection] = []
      var cursor: String? = ""
      while let next = cursor {
        let page = try await caller.rejections("?limit=3" + (next.isEmpty ? "" : "&cursor=\(next)"))
        seen += page.items
        cursor = page.next
      }
      #expect(seen.map(\.source) == ["shop", "till", "shop", "till", "shop", "till", "shop"])
      #expect(Set(seen.map(\.id)).count == 7)
      #expect(
        seen.allSatisfy { $0.raw == nil && $0.rawBase64 == nil }, "a list is no place for what was sent")
      #expect(
        try await caller.rejections("?source=till").items.map(\.id)
          == seen.filter { $0.source == "till" }.map(\.id))
      #expect(try await caller.get("/rejections/none").problem == "not-found")
      #expect(try await caller.get("/rejections?cursor=x").problem == "invalid-request /cursor")
    }
  }
}
