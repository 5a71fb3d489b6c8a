import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// A target that does as it is told: slow, strict, unreliable or away.
@Suite(.timeLimit(.minutes(2))) struct Misbehaving {
  private func behaving(_ change: (inout Behaviour) -> Void) -> Behaviour {
    var behaviour = Behaviour()
    change(&behaviour)
    return behaviour
  }

  @Test func `too many requests are a 429 that says how long to wait`() async throws {
    let strict = behaving { ($0.rate, $0.burst) = (0.01, 2) }
    try await target(strict) { simulator, address in
      let first = try await address.create([event("a")])
      #expect(first.status == 200)
      #expect(first.headers.first(name: "ratelimit") == #""default";r=1;t=100"#)
      #expect(first.headers.first(name: "ratelimit-policy") == #""default";q=1;w=100"#)
      #expect(try await address.create([event("b")]).status == 200)
      let third = try await address.create([event("c")])
      #expect(third.status == 429)
      let wait = try #require(third.headers.first(name: "retry-after").flatMap { Int($0) })
      #expect((50...100).contains(wait))
      #expect(third.headers.first(name: "ratelimit") == "\"default\";r=0;t=\(wait)")
      #expect(simulator.state.events.map(\.id) == ["a", "b"])
      let statistics = simulator.state.statistics
      #expect(statistics.throttled == 1)
      #expect(statistics.requests == 3)
      #expect(statistics.outcomes == ["200": 2, "429": 1])
      simulator.state.change { $0.rate = nil }
      let free = try await address.create([event("c")])
      #expect(free.status == 200)
      #expect(free.headers.first(name: "ratelimit") == nil)
    }
  }

  @Test func `latency is added`() async throws {
    try await target(behaving { $0.latencyMilliseconds = 150 }) { _, address in
      let start = ContinuousClock.now
      let reply = try await address.create([event("a")])
      #expect(reply.status == 200)
      #expect(ContinuousClock.now - start >= .milliseconds(150))
    }
  }

  @Test func `server errors execute nothing`() async throws {
    try await target(behaving { $0.serverErrors = 1 }) { simulator, address in
      let reply = try await address.create([event("a")])
      #expect([500, 502, 503, 504].contains(reply.status))
      #expect(simulator.state.events.isEmpty)
    }
  }

  @Test func `a connection dropped before leaves nothing, after leaves the event without an answer`()
    async throws
  {
    try await target(behaving { $0.dropsBefore = 1 }) { simulator, address in
      await #expect(throws: HTTPClientError.self) { try await address.create([event("a")]) }
      #expect(simulator.state.events.isEmpty)
      simulator.state.change { ($0.dropsBefore, $0.dropsAfter) = (0, 1) }
      await #expect(throws: HTTPClientError.self) { try await address.create([event("a")]) }
      #expect(simulator.state.events.map(\.id) == ["a"])
      #expect(simulator.state.statistics.outcomes == ["dropped": 2])
    }
  }

  @Test func `garbage is a 200 that is no JSON`() async throws {
    try await target(behaving { $0.garbage = 1 }) { simulator, address in
      let reply = try await address.create([event("a")])
      #expect(reply.status == 200)
      #expect(throws: (any Error).self) { try reply.json }
      #expect(simulator.state.events.count == 1)
    }
  }

  @Test func `a big answer is right, and five megabytes`() async throws {
    try await target(behaving { $0.bigAnswers = 1 }) { _, address in
      let reply = try await address.create([event("a")])
      #expect(reply.body.readableBytes > 5 << 20)
      #expect(try reply.json["data"]?["e0"] == ["id": "a"])
    }
  }

  @Test func `a hanging answer never comes, and does not hinder a stop`() async throws {
    var hanging: Task<Address.Reply, any Error>?
    try await target(behaving { $0.hangs = 1 }) { simulator, address in
      hanging = Task { try await address.create([event("a")], within: .seconds(120)) }
      let deadline = ContinuousClock.now + .seconds(60)
      while simulator.state.statistics.outcomes["hung"] != 1 {
        try #require(.now < deadline)
        _ = try await address.send(.GET, "/simulator/stats")
      }
      #expect(simulator.state.events.map(\.id) == ["a"])
    }
    let stopped = await #expect(throws: HTTPClientError.self) { try await hanging?.value }
    #expect(stopped != .deadlineExceeded)
  }

  @Test func `in an outage nobody is served, and after it everybody`() async throws {
    try await target { simulator, address in
      let told = try await address.send(.POST, "/simulator/behaviour", ["outage": ["seconds": 60]])
      #expect(try told.json["outage"]?["answer"] == "unavailable")
      #expect(try await address.create([event("a")]).status == 503)
      simulator.state.change { $0.outage = .init(.closing, ends: .now + 60) }
      await #expect(throws: HTTPClientError.self) { try await address.create([event("a")]) }
      #expect(simulator.state.events.isEmpty)
      simulator.state.change { $0.outage?.ends = .now }
      #expect(try await address.create([event("a")]).status == 200)
    }
  }

  @Test func `the same seed brings the same misfortunes, as many as their share`() {
    func misfortunes(seed: UInt64) -> [Bool] {
      var dice = Dice(seed: seed)
      let behaviour = behaving { $0.dropsAfter = 0.25 }
      return (0..<1000).map { _ in behaviour.misfortune(&dice) != nil }
    }
    #expect(misfortunes(seed: 1) == misfortunes(seed: 1))
    #expect(misfortunes(seed: 1) != misfortunes(seed: 2))
    #expect((200...300).contains(misfortunes(seed: 3).count { $0 }))
  }

  @Test func `the highest rate is that of the busiest second`() {
    var rate = HighestRate()
    let start = ContinuousClock.now
    for index in 0..<5000 { rate.arrive(at: start + .milliseconds(10 * index)) }
    #expect(rate.count == 100)
    for index in 0..<150 { rate.arrive(at: start + .seconds(60) + .milliseconds(index)) }
    #expect(rate.count == 150)
  }

  @Test(arguments: [(10.0, "q=10;w=1"), (2.5, "q=5;w=2"), (0.5, "q=1;w=2"), (0.001, "q=1;w=1000")])
  func `a rate is told as a quota for whole seconds`(_ rate: Double, _ policy: String) {
    var limit = RateLimit(rate: rate, burst: 1, now: .now)
    #expect(limit.take(at: .now).policy == "\"default\";\(policy)")
  }

  @Test func `a bucket fills with time, and no more than to its burst`() {
    let start = ContinuousClock.now
    var limit = RateLimit(rate: 2, burst: 3, now: start)
    func allowed(_ seconds: Double) -> Int {
      (0..<10).count { _ in limit.take(at: start + .seconds(seconds)).isAllowed }
    }
    #expect(allowed(0) == 3)
    #expect(allowed(0.4) == 0)
    #expect(allowed(0.5) == 1)
    #expect(allowed(1.5) == 2)
    #expect(allowed(100) == 3)
  }
}
