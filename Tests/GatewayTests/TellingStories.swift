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

/// The whole story of one event: every step, the earliest first.
@Suite struct TellingStories {
  private let clock = TestClock(Timestamp(milliseconds: 1_800_000_000_000))
  private var start: Timestamp { Timestamp(milliseconds: 1_800_000_000_000) }

  private func gateway() throws -> ServiceBench {
    let clock = clock
    return try .gateway(clock: { clock.now })
  }

  @Test func `begins with its receipt, in words that clients rely on`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      let at = "2027-01-15T08:00:00.000Z"
      let step =
        #"{"at":"\#(at)","detail":"from shop","instance":"\#(bench.store.instance)","step":"RECEIVED"}"#
      #expect(
        try await caller.get("/events/e1").text
          == #"{"attempt":0,"body":"b","brand":"acme","id":"e1","name":"order","receivedAt":"\#(at)","#
          + #""source":"shop","status":"RECEIVED","steps":[\#(step)],"timestamp":"2026-01-31T12:00:00Z","#
          + #""updatedAt":"\#(at)","waiting":{"reason":"on its way through the broker"}}"#)
    }
  }

  @Test func `goes on with every attempt, its answer and its time, to the delivery`() async throws {
    let bench = try gateway()
    try await bench.keep("e1", status: .received)
    let seq = try await bench.event("e1").seq
    let store = bench.store
    clock.pass(.seconds(1))
    try await store.write { try $0.queue(seq) }
    clock.pass(.seconds(1))
    let next = clock.now + .seconds(60)
    try await store.write { work in
      try work.beginTrying(seq, at: work.now)
      try work.note(
        EventStep(
          at: work.now, kind: .attemptFailed, attempt: 1, status: 502, detail: "the target answered 502",
          excerpt: "<html>"), of: seq)
      try work.willRetry(seq, attempt: 1, reason: "the target answered 502", next: next, runner: nil)
    }
    try await bench.serving { caller in
      let story = try await caller.story("e1")
      #expect(story.status == "QUEUED")
      #expect(story.attempt == 1)
      #expect(story.reason == "the target answered 502")
      #expect(story.nextAttemptAt == next)
      #expect(
        story.waiting
          == ReadStory.Waiting(reason: "attempt 1 failed: the target answered 502", until: next))
      clock.pass(.seconds(60))
      try await store.write { work in
        try work.note(
          EventStep(at: work.now, kind: .throttled, attempt: 2, status: 429, detail: "too soon"), of: seq)
        try work.note(EventStep(at: work.now, kind: .unknown, attempt: 2), of: seq)
      }
      clock.pass(.seconds(1))
      try await store.write { work in
        try work.delivered(seq, attempt: 2, answer: #"{"id":"e1"}"#, at: work.now, runner: nil)
      }
      let done = try await caller.story("e1")
      #expect(done.status == "DELIVERED")
      #expect(done.attempt == 2)
      #expect(done.reason == nil)
      #expect(done.nextAttemptAt == nil)
      #expect(done.waiting == nil)
      #expect(
        done.steps.map(\.step) == [
          "RECEIVED", "QUEUED", "ATTEMPT_FAILED", "THROTTLED", "UNKNOWN", "DELIVERED",
        ])
      #expect(done.steps.map(\.attempt) == [nil, nil, 1, 2, 2, 2])
      #expect(done.steps.map(\.httpStatus) == [nil, nil, 502, 429, nil, 200])
      #expect(done.steps.map { $0.at.since(start) } == [0, 1, 2, 62, 62, 63].map { .seconds($0) })
      #expect(done.steps.map(\.responseExcerpt) == [nil, nil, "<html>", nil, nil, #"{"id":"e1"}"#])
      #expect(Set(done.steps.map(\.instance)) == [store.instance])
      #expect(done.steps[1].detail == "with the brand acme")
      #expect(done.updatedAt == clock.now)
    }
  }

  @Test func `of one that was given up it tells why, and that it was tried again`() async throws {
    let bench = try gateway()
    try await bench.keep("e1")
    let seq = try await bench.event("e1").seq
    try await bench.store.write { work in
      try work.beginTrying(seq, at: work.now)
      try work.failed(seq, attempt: 3, reason: "given up", at: work.now, runner: nil)
      try work.note(EventStep(at: work.now, kind: .failed, attempt: 3, detail: "given up"), of: seq)
    }
    try await bench.serving { caller in
      let story = try await caller.story("e1")
      #expect(story.status == "FAILED")
      #expect(story.reason == "given up")
      #expect(story.waiting == nil)
      clock.pass(.hours(1))
      try await bench.store.write { work in
        try work.requeue(seq)
        try work.note(EventStep(at: work.now, kind: .redriven), of: seq)
      }
      let again = try await caller.story("e1")
      #expect(again.status == "QUEUED")
      #expect(again.reason == nil)
      #expect(again.steps.map(\.step) == ["RECEIVED", "QUEUED", "FAILED", "REDRIVEN"])
      // Its whole time to be tried in begins anew.
      #expect(try await bench.event("e1").firstAttemptAt == nil)
    }
  }

  @Test func `each event has its own steps`() async throws {
    let bench = try gateway()
    for id in ["e1", "e2"] { try await bench.keep(id) }
    let (one, two) = (try await bench.event("e1").seq, try await bench.event("e2").seq)
    try await bench.store.write { work in
      for number in 1...12 {
        try work.note(EventStep(at: work.now, kind: .attemptFailed, attempt: number), of: one)
      }
      try work.note(EventStep(at: work.now, kind: .throttled, attempt: 1), of: two)
    }
    try await bench.serving { caller in
      let steps = try await caller.story("e1").steps
      #expect(steps.dropFirst(2).map(\.attempt) == Array(1...12))
      #expect(try await caller.story("e2").steps.dropFirst(2).map(\.step) == ["THROTTLED"])
    }
  }
}
