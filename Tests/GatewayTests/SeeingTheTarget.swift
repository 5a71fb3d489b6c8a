import Foundation
import HTTPAPI
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Operators see what waits for the target, and how it is treated.
@Suite struct SeeingTheTarget {
  private struct ReadTarget: Decodable {
    struct Rate: Decodable {
      let configured: Double
      let share: Double
      let allowed: Double
      let used: Double
    }

    struct Breaker: Decodable {
      let state: String
    }

    let name: String
    let url: String
    let backlog: Int
    let failed: Int
    let waitingInMemory: Int
    let requestsUnderWay: Int
    let batch: Int
    let rate: Rate
    let breaker: Breaker
    let oldestUndeliveredAt: Timestamp?
    let oldestUndeliveredSeconds: Double?
    let expectedDrainSeconds: Double?
  }

  private func target(_ caller: Caller) async throws -> ReadTarget {
    try #require(try await caller.get("/targets").json(ReadPage<ReadTarget>.self).items.first)
  }

  @Test func `what waits is counted, with the oldest of it, and how long it will take`() async throws {
    let clock = TestClock(Timestamp(milliseconds: 1_800_000_000_000))
    let bench = try ServiceBench.gateway(
      ["GATEWAY_TARGET_RATE": "5", "GATEWAY_BATCH": "10"], clock: { clock.now })
    let start = clock.now
    try await bench.keep("f", status: .failed)
    clock.pass(.seconds(1))
    try await bench.keep("d", status: .delivered)
    for number in 0..<95 {
      try await bench.keep("q\(number)")
      clock.pass(.seconds(1))
    }
    for number in 0..<6 { try await bench.keep("r\(number)", status: .received) }
    try await bench.serving { caller in
      let target = try await target(caller)
      #expect(target.name == "target")
      #expect(target.backlog == 101)
      #expect(target.failed == 1)
      #expect(target.waitingInMemory == 0)
      #expect(target.requestsUnderWay == 0)
      #expect(target.batch == 10)
      #expect(target.rate.configured == 5)
      #expect(target.rate.share == 1)
      #expect(target.rate.allowed == 5)
      #expect(target.rate.used == 0)
      #expect(target.breaker.state == "closed")
      #expect(target.oldestUndeliveredAt == start + .seconds(1))
      #expect(target.oldestUndeliveredSeconds == 95)
      // Eleven full requests, five a second.
      #expect(target.expectedDrainSeconds == 2.2)
    }
  }

  @Test func `where the order counts each event is a request`() async throws {
    let bench = try ServiceBench.gateway(
      ["GATEWAY_TARGET_RATE": "4", "GATEWAY_BATCH": "10", "GATEWAY_ORDERED": "1"])
    for number in 0..<20 { try await bench.keep("q\(number)") }
    try await bench.serving { caller in
      let drain = try await target(caller).expectedDrainSeconds
      #expect(drain == 5)
    }
  }

  @Test func `with nothing to do it says so`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let target = try await target(caller)
      #expect(target.backlog == 0)
      #expect(target.failed == 0)
      #expect(target.oldestUndeliveredAt == nil)
      #expect(target.oldestUndeliveredSeconds == nil)
      #expect(target.expectedDrainSeconds == 0)
    }
  }

  @Test func `its address is shown without what may be a secret`() async throws {
    let bench = try ServiceBench.gateway([
      "GATEWAY_TARGET_URL": "https://user:hidden-1@target.example:8443/graphql?key=hidden-2#hidden-3",
      "GATEWAY_TARGET_TOKEN": "hidden-4",
    ])
    try await bench.serving { caller in
      let answer = try await caller.get("/targets")
      #expect(!answer.text.contains("hidden"))
      #expect(!answer.text.contains("user"))
      #expect(try await target(caller).url == "https://target.example:8443/graphql")
    }
  }
}
