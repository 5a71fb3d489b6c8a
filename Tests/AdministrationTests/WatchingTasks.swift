import Administration
import Contracts
import Foundation
import GRDB
import HTTPAPI
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

/// Users see what becomes of their tasks as it happens, and miss nothing while they are away.
@Suite(.timeLimit(.minutes(2))) struct WatchingTasks {
  private struct Change: Decodable {
    let id: String
    let userId: String
    let sequence: Int
    let status: String
  }

  @Test func `every change of one's own tasks arrives, in order, and nobody else's`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    let (ada, grace) = (try await bench.token("ada"), try await bench.token("grace"))
    try await bench.running { caller in
      let address = await bench.address()
      var stream = try await EventReader("\(address)/tasks/stream", token: ada).makeAsyncIterator()
      var other = try await EventReader("\(address)/tasks/stream", token: grace).makeAsyncIterator()
      let id = try await caller.createTask(token: ada)
      let hers = try await caller.createTask(token: grace)
      try await bench.deliver([
        bench.record(update(hers, user: "grace", 1, .running)), bench.record(update(id, 1, .running)),
        bench.record(update(hers, user: "grace", 2, .failed)), bench.record(update(id, 2, .success)),
      ])
      var changes: [Change] = []
      while changes.count < 3, let event = try await stream.next() { changes.append(try event.decode()) }
      #expect(changes.map(\.status) == ["PENDING", "RUNNING", "SUCCESS"])
      #expect(changes.allSatisfy { $0.id == id && $0.userId == "ada" })
      var others: [Change] = []
      while others.count < 3, let event = try await other.next() { others.append(try event.decode()) }
      #expect(others.map(\.status) == ["PENDING", "RUNNING", "FAILED"])
      #expect(others.allSatisfy { $0.id == hers && $0.userId == "grace" })
    }
  }

  @Test func `whoever comes back with Last-Event-ID goes on where he was, without a gap or a double`()
    async throws
  {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    let ada = try await bench.token("ada")
    try await bench.running { caller in
      let address = await bench.address()
      let id = try await caller.createTask(token: ada)
      var seen: [Int] = []
      var last: String? = "0"
      for round in 0..<5 {
        try await bench.deliver(
          (1...40).map { try bench.record(update(id, round * 40 + $0, .running, attempt: $0)) })
        // Reads a part, and goes away.
        var stream = try await EventReader("\(address)/tasks/stream", token: ada, after: last)
          .makeAsyncIterator()
        var toRead = round < 4 ? 30 : 81
        while toRead > 0, let event = try await stream.next() {
          seen.append(try event.decode(Change.self).sequence)
          last = event.id
          toRead -= 1
        }
      }
      #expect(seen == Array(0...200))
    }
  }

  @Test func `whoever was away for too long is told of the gap, and goes on`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    let ada = try await bench.token("ada")
    try await bench.running { caller in
      let address = await bench.address()
      let id = try await caller.createTask(token: ada)
      try await bench.deliver((1...10).map { try bench.record(update(id, $0, .running)) })
      try await bench.store.write { work in
        try work.database.execute(sql: "DELETE FROM task_changes WHERE seq <= 8")
      }
      var stream = try await EventReader("\(address)/tasks/stream", token: ada, after: "2")
        .makeAsyncIterator()
      let gap = try #require(try await stream.next())
      #expect(gap.event == "gap")
      var sequences: [Int] = []
      while sequences.count < 3, let event = try await stream.next() {
        sequences.append(try event.decode(Change.self).sequence)
      }
      #expect(sequences == [8, 9, 10])
    }
  }

  @Test func `what is no place in the stream is refused`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    let ada = try await bench.token("ada")
    try await bench.running { _ in
      let address = await bench.address()
      let stream = try await EventReader("\(address)/tasks/stream", token: ada, after: "yesterday")
      #expect(stream.status == 400)
    }
  }

  @Test func `lines are followed until the task is over and all of them are here`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    let ada = try await bench.token("ada")
    try await bench.running { caller in
      let address = await bench.address()
      let id = try await caller.createTask(token: ada)
      try await bench.deliver([bench.record(line(id, 1))])
      var stream = try await EventReader("\(address)/tasks/\(id)/logs?follow", token: ada).makeAsyncIterator()
      #expect(try await stream.next()?.decode(ReadLine.self).line == 1)
      // Its end is known before its last lines are.
      try await bench.deliver([bench.record(update(id, 2, .success, lines: 3))])
      try await bench.deliver([bench.record(line(id, 2)), bench.record(line(id, 3))])
      #expect(try await stream.next()?.decode(ReadLine.self).line == 2)
      #expect(try await stream.next()?.decode(ReadLine.self).line == 3)
      let end = try await stream.next()
      #expect(end?.event == "end")
      #expect(end?.data == #"{"status":"SUCCESS"}"#)
      #expect(try await stream.next() == nil)
    }
  }
}
