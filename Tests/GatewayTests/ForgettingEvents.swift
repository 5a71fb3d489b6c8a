import Foundation
import GRDB
import HTTPAPI
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// What is over for long is forgotten; what is not over never is.
@Suite struct ForgettingEvents {
  private let clock = TestClock(Timestamp(milliseconds: 1_800_000_000_000))

  private func gateway() throws -> ServiceBench {
    let clock = clock
    return try .gateway(clock: { clock.now })
  }

  private func left(_ bench: ServiceBench) async throws -> [String] {
    try await bench.store.read { try String.fetchAll($0, sql: "SELECT id FROM events ORDER BY seq") }
  }

  @Test func `delivered events go after thirty days, with their steps, and not before`() async throws {
    let bench = try gateway()
    try await bench.keep("old", status: .delivered)
    let seq = try await bench.event("old").seq
    try await bench.store.write { work in
      try work.note(EventStep(at: work.now, kind: .throttled, attempt: 1), of: seq)
    }
    clock.pass(.seconds(1))
    try await bench.keep("young", status: .delivered)
    clock.pass(.days(30) - .seconds(1))
    let early = try await bench.store.write { try GatewayEvent.prune($0, limit: 10) }
    #expect(!early)
    #expect(try await left(bench) == ["old", "young"])
    clock.pass(.milliseconds(1))
    let isMore = try await bench.store.write { try GatewayEvent.prune($0, limit: 10) }
    #expect(!isMore)
    #expect(try await left(bench) == ["young"])
    #expect(try await bench.rows().steps == 0)
  }

  @Test func `what is not delivered stays, however old, and holds nothing else up`() async throws {
    let bench = try gateway()
    for (id, status) in [
      ("r", EventStatus.received), ("q", .queued), ("f", .failed), ("d1", .delivered), ("d2", .delivered),
    ] {
      try await bench.keep(id, status: status)
    }
    clock.pass(.days(400))
    let first = try await bench.store.write { try GatewayEvent.prune($0, limit: 1) }
    #expect(first)
    #expect(try await left(bench) == ["r", "q", "f", "d2"])
    let second = try await bench.store.write { try GatewayEvent.prune($0, limit: 2) }
    #expect(!second)
    #expect(try await left(bench) == ["r", "q", "f"])
  }

  @Test func `the id of one that was forgotten is free again`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      let seq = try await bench.event("e1").seq
      try await bench.store.write { work in
        try work.delivered(seq, attempt: 1, answer: "{}", at: work.now, runner: nil)
      }
      clock.pass(.days(31))
      _ = try await bench.store.write { try GatewayEvent.prune($0, limit: 10) }
      let again = try await caller.hand(event("e1", body: "other"), key: key)
      #expect(try again.json() == ReadReceipt(id: "e1", status: "RECEIVED"))
    }
  }

  @Test func `what was refused goes after thirty days, some at a time`() async throws {
    let bench = try gateway()
    for _ in 0..<5 {
      _ = try await bench.store.write { try $0.reject([1], of: "shop", as: .malformed, because: "r") }
      clock.pass(.days(10))
    }
    // 50, 40, 30, 20 and 10 days old.
    let isMore = try await bench.store.write { try RejectedInput.prune($0, limit: 1) }
    #expect(isMore)
    #expect(try await bench.rows().rejected == 4)
    let isStillMore = try await bench.store.write { try RejectedInput.prune($0, limit: 10) }
    #expect(!isStillMore)
    #expect(try await bench.rows().rejected == 3)
  }
}
