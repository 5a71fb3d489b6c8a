import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// What becomes of events that reach the target.
@Suite struct CreatingEvents {
  @Test func `answers in the order asked, and records in that order`() async throws {
    try await target { simulator, address in
      let reply = try await address.create([event("b"), event("a"), event("c")])
      #expect(reply.status == 200)
      #expect(String(buffer: reply.body) == #"{"data":{"e0":{"id":"b"},"e1":{"id":"a"},"e2":{"id":"c"}}}"#)
      #expect(simulator.state.events.map(\.id) == ["b", "a", "c"])
      #expect(simulator.state.statistics.largestBatch == 3)
    }
  }

  @Test func `the same id again is answered alike, and counts as a duplicate`() async throws {
    try await target { simulator, address in
      let first = try await address.create([event("a")])
      let second = try await address.create([event("a", name: "another")])
      #expect(first.body == second.body)
      let recorded = try #require(simulator.state.events.first)
      #expect(simulator.state.events.count == 1)
      #expect(recorded.times == 2)
      #expect(recorded.name == "opened")
      #expect(recorded.lastAt >= recorded.firstAt)
      #expect(simulator.state.statistics.duplicates == 1)
      let query = try await address.send(
        .POST, "/graphql", ["query": "{ eventCount event(id: \"a\") { id } other: event(id: \"b\") { id } }"])
      #expect(try query.json["data"] == ["eventCount": 1, "event": ["id": "a"], "other": nil])
    }
  }

  @Test func `ids that look alike are two, when their bytes are`() async throws {
    try await target { simulator, address in
      let reply = try await address.create([event("caf\u{e9}"), event("cafe\u{301}")])
      #expect(reply.status == 200)
      #expect(simulator.state.events.map { $0.id.unicodeScalars.count } == [4, 5])
      #expect(simulator.state.statistics.duplicates == 0)
    }
  }

  @Test func `a document that is known is answered with the variables of today`() async throws {
    try await target { simulator, address in
      for number in 0..<3 {
        let reply = try await address.create([event("a\(number)"), event("b\(number)")])
        let data = try #require(try reply.json["data"])
        #expect(data["e0"]?["id"]?.text == "a\(number)")
        #expect(data["e1"]?["id"]?.text == "b\(number)")
      }
      for number in 0..<300 {
        let query = JSONValue.string("{ n\(number): eventCount }")
        let reply = try await address.send(.POST, "/graphql", ["query": query])
        #expect(try reply.json["data"]?["n\(number)"] == 6)
      }
    }
  }

  @Test func `an event that fails is null, beside those that do not`() async throws {
    var behaviour = Behaviour()
    behaviour.poison = ["bad"]
    try await target(behaviour) { simulator, address in
      let reply = try await address.create([event("a"), event("bad"), event("c", name: "bad"), event("d")])
      #expect(reply.status == 200)
      let json = try reply.json
      #expect(json["data"]?["e0"] == ["id": "a"])
      #expect(json["data"]?["e1"] == .null)
      #expect(json["data"]?["e2"] == .null)
      #expect(json["data"]?["e3"] == ["id": "d"])
      #expect(json["errors"]?.paths == ["e1", "e2"])
      #expect(simulator.state.events.map(\.id) == ["a", "d"])
    }
  }

  @Test func `where null is not allowed, one failure ends all: what was before it is done, the rest is not`()
    async throws
  {
    var behaviour = Behaviour()
    behaviour.poison = ["bad"]
    behaviour.nonNull = true
    try await target(behaviour) { simulator, address in
      let reply = try await address.create([event("a"), event("bad"), event("c")])
      #expect(reply.status == 200)
      #expect(try reply.json["data"] == .null)
      #expect(try reply.json["errors"]?.paths == ["e1"])
      #expect(simulator.state.events.map(\.id) == ["a"])
      simulator.state.change { $0.nonNull = false }
      let again = try await address.create([event("a"), event("bad"), event("c")])
      #expect(try again.json["data"]?["e2"] == ["id": "c"])
      #expect(simulator.state.events.map(\.id) == ["a", "c"])
    }
  }

  @Test func `one bad event can fail its whole request, of which nothing is done`() async throws {
    var behaviour = Behaviour()
    behaviour.poison = ["bad"]
    behaviour.poisonFailsRequest = true
    try await target(behaviour) { simulator, address in
      let reply = try await address.create([event("a"), event("bad")])
      #expect(reply.status == 400)
      #expect(try reply.json["data"] == nil)
      #expect(simulator.state.events.isEmpty)
      #expect(try await address.create([event("a")]).status == 200)
    }
  }

  @Test func `an Idempotency-Key stands for the events it first came with`() async throws {
    try await target { simulator, address in
      let key = ["idempotency-key": "a"]
      let first = try await address.create([event("a")], headers: key)
      let again = try await address.create([event("a")], headers: key)
      #expect(first.body == again.body)
      let other = try await address.create([event("a", body: "other")], headers: key)
      #expect(other.status == 422)
      #expect(try await address.create([event("b")], headers: key).status == 422)
      #expect(simulator.state.events.map(\.times) == [2])
      #expect(simulator.state.events.map(\.idempotencyKey) == ["a"])
    }
  }

  @Test func `a key whose event failed is free`() async throws {
    var behaviour = Behaviour()
    behaviour.eventErrors = 1
    try await target(behaviour) { simulator, address in
      let failed = try await address.create([event("a")], headers: ["idempotency-key": "a"])
      #expect(try failed.json["errors"]?.paths == ["e0"])
      simulator.state.change { $0.eventErrors = 0 }
      let done = try await address.create([event("a", body: "other")], headers: ["idempotency-key": "a"])
      #expect(done.status == 200)
      #expect(simulator.state.events.count == 1)
    }
  }
}

extension JSONValue {
  /// Of a list of errors: the field that each is about.
  var paths: [String?] {
    guard case .list(let errors) = self else { return [] }
    return errors.map { error in
      if case .list(let parts)? = error["path"] { parts.first?.text } else { nil }
    }
  }
}
