import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Operators see events come and change as it happens, and miss nothing while they are away.
@Suite(.timeLimit(.minutes(2))) struct StreamingChanges {
  private struct Change: Decodable {
    let id: String
    let status: String
    let attempt: Int
  }

  @Test func `tells every event that comes, and every change of it, in order`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.keep("before")
    try await bench.running { caller in
      let address = await bench.address()
      var stream = try await EventReader("\(address)/events/stream", token: token).makeAsyncIterator()
      try await bench.keep("e1", status: .received)
      let seq = try await bench.event("e1").seq
      let changes: [@Sendable (UnitOfWork) throws -> Void] = [
        { try $0.queue(seq) },
        { try $0.willRetry(seq, attempt: 1, reason: "busy", next: $0.now, runner: nil) },
        { try $0.delivered(seq, attempt: 2, answer: "{}", at: $0.now, runner: nil) },
      ]
      var seen: [Change] = []
      for place in 0...changes.count {
        let event = try #require(try await stream.next())
        #expect(event.event == "event.changed")
        seen.append(try event.decode())
        if place < changes.count { try await bench.store.write(changes[place]) }
      }
      #expect(seen.map(\.id) == ["e1", "e1", "e1", "e1"])
      #expect(seen.map(\.status) == ["RECEIVED", "QUEUED", "QUEUED", "DELIVERED"])
      #expect(seen.map(\.attempt) == [0, 0, 1, 2])
    }
  }

  @Test func `is what the list says of an event, in the same words`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.keep("e1")
    try await bench.running { caller in
      let address = await bench.address()
      var stream = try await EventReader("\(address)/events/stream", token: token, after: "0")
        .makeAsyncIterator()
      let told = try #require(try await stream.next())
      #expect(try await caller.get("/events").text == #"{"items":[\#(told.data)],"next":null}"#)
    }
  }

  @Test func `whoever comes back with Last-Event-ID goes on where he was, without a gap or a double`()
    async throws
  {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.running { _ in
      let address = await bench.address()
      var seen: [String] = []
      var last: String? = "0"
      for round in 0..<4 {
        for number in 0..<150 { try await bench.keep("e\(round * 150 + number)") }
        var stream = try await EventReader("\(address)/events/stream", token: token, after: last)
          .makeAsyncIterator()
        // Reads a part, and goes away.
        var toRead = round < 3 ? 100 : 300
        while toRead > 0, let event = try await stream.next() {
          seen.append(try event.decode(Change.self).id)
          last = event.id
          toRead -= 1
        }
      }
      #expect(seen == (0..<600).map { "e\($0)" })
    }
  }

  @Test func `whoever was away for several changes of an event is told the last`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.running { _ in
      let address = await bench.address()
      for id in ["e1", "e2"] { try await bench.keep(id, status: .received) }
      let seq = try await bench.event("e1").seq
      try await bench.store.write { work in
        try work.queue(seq)
        try work.delivered(seq, attempt: 1, answer: "{}", at: work.now, runner: nil)
      }
      var stream = try await EventReader("\(address)/events/stream", token: token, after: "1")
        .makeAsyncIterator()
      var seen: [String] = []
      for _ in 0..<2 {
        let change: Change = try #require(try await stream.next()).decode()
        seen.append("\(change.id) \(change.status)")
      }
      #expect(seen == ["e2 RECEIVED", "e1 DELIVERED"])
    }
  }

  @Test func `one that says he has seen what is still to come is told what comes`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.keep("e1")
    try await bench.running { _ in
      let address = await bench.address()
      var stream = try await EventReader("\(address)/events/stream", token: token, after: "999")
        .makeAsyncIterator()
      try await bench.keep("e2")
      #expect(try await stream.next()?.decode(Change.self).id == "e2")
    }
  }

  @Test(arguments: ["yesterday", "-1", "1.5", "9223372036854775808"])
  func `what is no place in the stream is refused`(place: String) async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    let token = try await bench.token("ada")
    try await bench.running { _ in
      let address = await bench.address()
      let stream = try await EventReader("\(address)/events/stream", token: token, after: place)
      #expect(stream.status == 400)
    }
  }
}
