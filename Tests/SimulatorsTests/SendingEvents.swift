import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Simulators

/// A source that calls once for each event, and holds to be lost what is not accepted at once.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SendingEvents {
  @Test func `every event is sent once, whatever comes of it, and each loss has its reason`() async throws {
    let turn = Mutex(0)
    let reply: Listener.Reply = { _, context in
      let number = turn.withLock { turn in
        turn += 1
        return turn % 6
      }
      switch number {
      case 0: return Response(status: .created)
      case 1: return Response(status: .internalServerError)
      case 2: return Response(status: .tooManyRequests, headers: [.retryAfter: "0"])
      case 3: return Response(status: .temporaryRedirect, headers: [.location: "/events"])
      case 4: return Response(status: .permanentRedirect, headers: [.location: "/events"])
      default: try await context.drop()
      }
    }
    try await source(reply: reply) { simulator, address, calls in
      let stats = try await address.sendEvents(60, rate: 1000, prefix: "p")
      #expect(calls.ids.sorted() == (1...60).map { "p-\($0)" }.sorted())
      #expect(stats["sent"] == 60)
      #expect(stats["accepted"] == 10)
      #expect(stats["lost"] == 50)
      #expect(
        stats["lostBy"] == [
          "no answer": 10, "status 307": 10, "status 308": 10, "status 429": 10, "status 500": 10,
        ])
      #expect(simulator.state.counts.allLost == 50)
    }
  }

  @Test func `the pace does not wait for answers`() async throws {
    let (first, open) = AsyncStream.makeStream(of: Void.self)
    let waiting = Mutex(0)
    let reply: Listener.Reply = { call, _ in
      // The first is answered once the last has come.
      if waiting.withLock({ waiting in
        waiting += 1
        return waiting
      }) == 20 {
        open.finish()
      }
      if call.id == "p-1" { for await _ in first {} }
      return Response(status: .accepted)
    }
    try await source(reply: reply) { _, address, _ in
      let stats = try await address.sendEvents(20, rate: 200, prefix: "p")
      #expect(stats["accepted"] == 20)
      guard case .number(let slowest)? = stats["latencyMs"]?["max"] else {
        Issue.record("\(stats)")
        return
      }
      // Nineteen intervals of 5 ms.
      #expect(slowest >= 90)
    }
  }

  @Test func `who waits half a second has lost`() async throws {
    let (answers, answer) = AsyncStream.makeStream(of: Void.self)
    let reply: Listener.Reply = { _, _ in
      for await _ in answers {}
      return Response(status: .accepted)
    }
    try await source(patience: EventSender.patience, reply: reply) { simulator, address, _ in
      let start = ContinuousClock.now
      let stats = try await address.sendEvents(3, rate: 1000)
      #expect(ContinuousClock.now - start >= .milliseconds(500))
      #expect(stats["accepted"] == 0)
      #expect(stats["lostBy"] == ["late": 3])
      #expect(stats["latencyMs"] == nil)
      answer.finish()
      _ = try await address.send(.GET, "/simulator/stats")
      #expect(simulator.state.counts.allLost == 3)
    }
  }

  @Test(
    arguments: [
      (202, 500, .accepted(after: .milliseconds(500))), (200, 501, .lost("late")),
      (299, 0, .accepted(after: .zero)),
      (300, 1, .lost("status 300")), (503, 1, .lost("status 503")),
    ] as [(Int, Int, Outcome)])
  func `a good answer in time is all that counts`(_ status: Int, _ milliseconds: Int, _ outcome: Outcome) {
    #expect(Outcome(status: status, after: .milliseconds(milliseconds), EventSender.patience) == outcome)
  }

  @Test func `where nobody listens, all is lost`() async throws {
    var port = 0
    try await target { _, address in port = address.port }
    try await source(configured { $0.url = "http://127.0.0.1:\(port)/events" }) { _, address, calls in
      let stats = try await address.sendEvents(5, rate: 1000)
      #expect(stats["lostBy"] == ["refused": 5])
      #expect(calls.all.isEmpty)
    }
  }

  @Test func `an event is what the gateway takes`() async throws {
    try await source { _, address, calls in
      _ = try await address.sendEvents(1, rate: 1, prefix: "order")
      let call = try #require(calls.all.first)
      let event = try JSONValue(parsing: call.body)
      #expect(event["id"] == "order-1")
      #expect(event["name"] == "order.placed")
      #expect(event["body"]?.text?.contains("Ada Lovelace") == true)
      #expect(event["timestamp"]?.text?.hasSuffix("Z") == true)
      #expect(event["brand"] == nil)
      #expect(call.headers[.contentType] == "application/json")
      #expect(call.headers[.authorization] == nil)
    }
  }

  @Test(arguments: [0, 20, 1 << 20])
  func `connections are used again, however long the answers`(_ length: Int) async throws {
    let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: length)
    let reply: Listener.Reply = { _, _ in
      Response(status: .accepted, body: ResponseBody(byteBuffer: body))
    }
    try await source(reply: reply) { simulator, address, calls in
      for _ in 0..<30 { _ = try await address.sendEvents(1, rate: 1000) }
      #expect(simulator.state.counts.accepted == 30)
      #expect(Set(calls.all.map(\.connection)).count < 20)
    }
  }

  @Test func `what is under way when it is stopped is waited for`() async throws {
    var state: SourceState?
    let reply: Listener.Reply = { _, _ in
      try await Task.sleep(for: .milliseconds(200))
      return Response(status: .accepted)
    }
    try await source(reply: reply) { simulator, address, calls in
      state = simulator.state
      _ = try await address.send(.POST, "/simulator/send", ["count": 1, "rate": 1000])
      await calls.reach(1)
    }
    #expect(state?.counts == SourceState.Counts(sent: 1, accepted: 1))
  }
}
