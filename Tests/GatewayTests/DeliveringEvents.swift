import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Simulators
import Storage
import Testing

@testable import Gateway

/// Every event gets to the target, whatever that does; and of one that cannot, everybody sees why.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DeliveringEvents {
  private func behaviour(_ change: (inout Behaviour) -> Void) -> Behaviour {
    var behaviour = Behaviour()
    change(&behaviour)
    return behaviour
  }

  @Test func `many in a request, each once, with the brand of its source`() async throws {
    try await Delivering.to { gateway in
      try await gateway.send(60)
      try await gateway.until(.delivered, 60)
      #expect(gateway.target.events.map(\.id).sorted() == (1...60).map { "e\($0)" }.sorted())
      #expect(gateway.target.events.allSatisfy { $0.times == 1 && $0.brand == "acme" })
      #expect((2...20).contains(gateway.target.statistics.largestBatch))
      #expect(gateway.target.statistics.requests < 30)
      #expect(try await gateway.steps("e60") == ["RECEIVED", "QUEUED", "DELIVERED"])
      #expect(try await gateway.bench.told(EventDelivered.self).count == 60)
    }
  }

  @Test func `one that is refused concerns only itself, ends as a dead letter, and can be redriven`()
    async throws
  {
    try await Delivering.to(behaviour { $0.poison = ["e30"] }, ["GATEWAY_MAX_AGE_S": "1"]) { gateway in
      try await gateway.send(40)
      try await gateway.until(.delivered, 39)
      try await gateway.until(.failed, 1)
      #expect(gateway.target.statistics.duplicates == 0)
      let story = try await gateway.caller.story("e30")
      #expect(story.status == "FAILED")
      #expect(story.reason?.contains("given up after 1 second") == true)
      #expect(try await gateway.bench.told(EventDeliveryFailed.self).map(\.id.rawValue) == ["e30"])

      gateway.target.change { $0.poison = [] }
      let letters = try await gateway.caller.get("/dead-letters").json(ReadPage<Letter>.self).items
      #expect(letters.count == 1)
      let body = #"{"ids":["\#(letters.first?.id ?? "")"],"why":"the target takes it now"}"#
      let redrive = try await gateway.caller.send(.post, "/dead-letters/redrive", body)
      #expect(redrive.status.code < 300)
      try await gateway.until(.delivered, 40)
      let steps = try await gateway.steps("e30")
      #expect(steps.suffix(2) == ["REDRIVEN", "DELIVERED"])
      #expect(Set(steps).isSuperset(of: ["RECEIVED", "QUEUED", "ATTEMPT_FAILED", "FAILED"]))
    }
  }

  private struct Letter: Decodable, Sendable {
    let id: String
  }

  @Test func `a null that took all with it leaves nobody behind: they are sent again under their ids`()
    async throws
  {
    // Several, because the first one of a request takes nothing with it that had been executed.
    let poison = Set(stride(from: 5, through: 40, by: 5).map { "e\($0)" })
    let strict = behaviour {
      $0.nonNull = true
      $0.poison = poison
    }
    try await Delivering.to(strict, ["GATEWAY_MAX_AGE_S": "1"]) { gateway in
      try await gateway.send(40)
      try await gateway.until(.delivered, 32)
      try await gateway.until(.failed, 8)
      #expect(Set(gateway.target.events.map(\.id)) == Set((1...40).map { "e\($0)" }).subtracting(poison))
      // Those before it in the request had been executed, and came again.
      #expect(gateway.target.statistics.duplicates > 0)
      #expect(try await gateway.noted(.unknown) > 0)
      #expect(
        try await gateway.bench.count(
          "SELECT count(*) FROM events WHERE status = 'DELIVERED' AND attempt > 1") == 0)
    }
  }

  @Test func `a request that fails for one bad event is split until that stands alone`() async throws {
    let whole = behaviour {
      $0.poison = ["e30"]
      $0.poisonFailsRequest = true
    }
    try await Delivering.to(whole) { gateway in
      try await gateway.send(40)
      try await gateway.until(.delivered, 39)
      try await gateway.until(.failed, 1)
      #expect(try await gateway.noted(.split) > 1)
      #expect(try await gateway.caller.story("e30").attempt == 1)
      #expect(gateway.target.statistics.duplicates == 0)
    }
  }

  @Test func `what was executed and never answered is sent again, and is there once`() async throws {
    try await Delivering.to(behaviour { $0.dropsAfter = 1 }) { gateway in
      try await gateway.send(3)
      try await gateway.bench.until { try await gateway.noted(.attemptFailed) == 3 }
      gateway.target.change { $0.dropsAfter = 0 }
      try await gateway.until(.delivered, 3)
      #expect(gateway.target.events.count == 3)
      #expect(gateway.target.events.allSatisfy { $0.times > 1 })
    }
  }

  @Test func `throttling uses up no attempt, and nothing goes out before its time`() async throws {
    let slow = behaviour {
      $0.rate = 4
      $0.burst = 1
    }
    try await Delivering.to(
      slow, ["GATEWAY_TARGET_RATE": "1000", "GATEWAY_TARGET_BURST": "20", "GATEWAY_BATCH": "1"]
    ) {
      gateway in
      try await gateway.send(8)
      try await gateway.until(.delivered, 8)
      #expect(gateway.target.statistics.throttled > 0)
      #expect(try await gateway.noted(.throttled) > 0)
      #expect(try await gateway.bench.count("SELECT count(*) FROM events WHERE attempt = 1") == 8)
      #expect(gateway.target.events.allSatisfy { $0.times == 1 && $0.idempotencyKey == $0.id })
    }
  }

  @Test func `a wrong token is nobody's death: with the right one all are delivered`() async throws {
    try await Delivering.to(token: "right", ["GATEWAY_TARGET_TOKEN": "wrong"]) { gateway in
      try await gateway.send(5)
      try await gateway.bench.until { try await gateway.noted(.attemptFailed) > 0 }
      #expect(try await gateway.count(.failed) == 0)
      gateway.target.require(token: "wrong")
      try await gateway.until(.delivered, 5)
    }
  }

  @Test func `in order, the events of a source arrive in order, though some fail at first`() async throws {
    let moody = behaviour {
      $0.eventErrors = 0.3
      $0.seed = 7
    }
    try await Delivering.to(moody, ["GATEWAY_ORDERED": "1", "GATEWAY_TARGET_RATE": "1000"]) { gateway in
      try await gateway.send(30)
      try await gateway.until(.delivered, 30)
      #expect(gateway.target.events.map(\.id) == (1...30).map { "e\($0)" })
      #expect(try await gateway.noted(.attemptFailed) > 0)
    }
  }

  @Test func `a target that is away for an hour gets everything when it is back`() async throws {
    let clock = TestClock(.now)
    let outage = Behaviour.Outage(.closing, ends: .distantFuture)
    let patient = [
      "GATEWAY_RETRY_FIRST_MS": "60000", "GATEWAY_RETRY_MAX_MS": "600000", "GATEWAY_TARGET_RATE": "100",
    ]
    let reading: @Sendable () -> Timestamp = { clock.now }
    let away = behaviour { $0.outage = outage }
    try await Delivering.to(away, patient, clock: reading) { gateway in
      try await gateway.send(100)
      try await gateway.bench.until { try await gateway.noted(.attemptFailed) > 0 }
      // An hour passes, in steps in which what is due is tried again, as far as the breaker lets it.
      for _ in 0..<6 {
        clock.pass(.seconds(600))
        try await gateway.bench.store.write { $0.raiseOnCommit(CommitSignal("jobs")) }
        #expect(try await gateway.count(.failed) == 0)
      }
      gateway.target.change { $0.outage = nil }
      // The time of the jobs is the test's: with each change of an event all that waits is due again.
      let changes = gateway.bench.store.commits(raising: .eventChanges)
      let waking = Task {
        repeat {
          clock.pass(.seconds(601))
          try await gateway.bench.store.write { $0.raiseOnCommit(CommitSignal("jobs")) }
        } while await changes.first { _ in true } != nil
      }
      try await gateway.until(.delivered, 100)
      waking.cancel()
      #expect(Set(gateway.target.events.map(\.id)).count == 100)
      #expect(gateway.target.statistics.highestRate <= 101)
    }
  }
}
