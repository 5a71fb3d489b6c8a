import Contracts
import Foundation
import Hosting
import Messaging
import Resilience
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Why an event is not done yet, and until when.
@Suite struct ExplainingWaits {
  private let now = Timestamp(milliseconds: 1_800_000_000_000)

  private func target(_ settings: [String: String] = [:]) throws -> Target {
    Target(try GatewayConfiguration(Settings(settings)))
  }

  private func event(
    _ status: EventStatus, attempt: Int = 0, reason: String? = nil, runner: String? = nil,
    next: Timestamp? = nil
  ) -> GatewayEvent {
    GatewayEvent(
      seq: 1, id: SourceEventID("e1"), source: "shop", name: "n", body: "b", timestamp: "t", brand: "acme",
      status: status, attempt: attempt, reason: reason, answer: nil, runner: runner, trace: nil,
      receivedAt: now, queuedAt: now, firstAttemptAt: nil, nextAttemptAt: next, updatedAt: now, change: 1)
  }

  @Test(arguments: [EventStatus.delivered, .failed])
  func `what is over waits for nothing`(status: EventStatus) throws {
    #expect(try target().waiting(event(status, next: now + .seconds(5)), at: now) == nil)
  }

  @Test func `what was just received waits for the broker`() throws {
    let waiting = try #require(try target().waiting(event(.received), at: now))
    #expect(waiting.reason == "on its way through the broker")
    #expect(waiting.until == nil)
  }

  @Test func `what failed waits for its next attempt, until that is due`() throws {
    let target = try target()
    let event = event(.queued, attempt: 3, reason: "the target answered 502", next: now + .seconds(5))
    let waiting = try #require(target.waiting(event, at: now))
    #expect(waiting.reason == "attempt 3 failed: the target answered 502")
    #expect(waiting.until == now + .seconds(5))
    let due = try #require(target.waiting(event, at: now + .seconds(5)))
    #expect(due.reason.hasPrefix("waits for its turn"))
    #expect(due.until == nil)
  }

  @Test func `what another instance delivers waits for that`() throws {
    let waiting = try #require(try target().waiting(event(.queued, runner: "other"), at: now))
    #expect(waiting.reason == "it is delivered by the instance other")
    #expect(waiting.until == nil)
  }

  @Test func `what has its turn waits for the rate that is allowed`() throws {
    let target = try target(["GATEWAY_TARGET_RATE": "12.5"])
    let waiting = try #require(target.waiting(event(.queued), at: now))
    #expect(waiting.reason == "waits for its turn: 12.5 requests a second are allowed")
    #expect(waiting.until == nil)
  }

  @Test func `while the breaker is open all wait for it`() throws {
    let target = try target()
    for _ in 0..<5 { try target.breaker.admit().failed() }
    let waiting = try #require(target.waiting(event(.queued), at: now))
    #expect(waiting.reason.hasPrefix("the circuit breaker is open"))
    let until = try #require(waiting.until)
    #expect(until > now)
    #expect(until <= now + .milliseconds(1200))
  }

  @Test func `while the target has asked to wait all wait for that`() throws {
    let target = try target()
    target.limiter.throttled(retryAfter: .seconds(120))
    let waiting = try #require(target.waiting(event(.queued), at: now))
    #expect(waiting.reason == "the target asked to wait")
    let until = try #require(waiting.until)
    #expect(until > now + .seconds(60))
    #expect(until <= now + .seconds(120))
  }

  @Test func `its own next attempt comes before whatever all wait for`() throws {
    let target = try target()
    target.limiter.throttled(retryAfter: .seconds(120))
    for _ in 0..<5 { try target.breaker.admit().failed() }
    let event = event(.queued, attempt: 1, reason: "r", next: now + .seconds(1))
    #expect(target.waiting(event, at: now)?.reason == "attempt 1 failed: r")
    #expect(target.waiting(event, at: now + .seconds(1))?.reason.hasPrefix("the circuit breaker") == true)
  }
}
