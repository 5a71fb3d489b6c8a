import Contracts
import Foundation
import Hosting
import Jobs
import Messaging
import ServiceTesting
import Storage
import Tasks
import Testing

/// A task is begun, done or given up, and everything that becomes of it is told, in order.
@Suite struct DoingTasks {
  @Test func `is told from its beginning to its end, with its lines`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1"))])
      try await bench.untilStatus(.success, of: "t1")
      let updates = try await bench.updates(of: "t1")
      #expect(updates.map(\.status) == [.running, .success])
      #expect(updates.map(\.sequence) == [1, 2])
      #expect(updates.map(\.attempt) == [1, 1])
      #expect(updates.map(\.lines) == [0, 2])
      #expect(Set(updates.map(\.runner)) == [bench.store.instance])
      #expect(updates.allSatisfy { $0.userId == UserID("ada") && $0.reason == nil })
      let lines = try await bench.lines(of: "t1")
      #expect(lines.map(\.line) == [1, 2])
      #expect(lines.map(\.text) == ["step 1 of 2", "step 2 of 2"])
      #expect(lines.allSatisfy { $0.attempt == 1 && $0.runner == bench.store.instance })
    }
  }

  @Test func `is done once, though its creation is told many times and under other ids`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      let same = try bench.record(created("t1"), id: "one")
      try await bench.deliver(Array(repeating: same, count: 10) + [bench.record(created("t1"), id: "two")])
      try await bench.untilStatus(.success, of: "t1")
      try await bench.deliver([same, bench.record(created("t1"), id: "three")])
      #expect(try await bench.updates(of: "t1").map(\.sequence) == [1, 2])
      #expect(try await bench.count("SELECT count(*) FROM jobs") == 1)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `fails, waits, and is tried again, each time told with why and when`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1", ["failAttempts": .integer(2)]))])
      try await bench.untilStatus(.success, of: "t1")
      let updates = try await bench.updates(of: "t1")
      #expect(updates.map(\.status) == [.running, .running, .running, .running, .running, .success])
      #expect(updates.map(\.attempt) == [1, 1, 2, 2, 3, 3])
      #expect(updates.map(\.sequence) == [1, 2, 3, 4, 5, 6])
      #expect(updates.map { $0.reason != nil } == [false, true, false, true, false, false])
      #expect(updates.map { $0.nextAttemptAt != nil } == [false, true, false, true, false, false])
      #expect(
        try await bench.lines(of: "t1").map { [$0.attempt, $0.line] } == [
          [1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [3, 2],
        ])
    }
  }

  @Test func `has failed after its last attempt, is a dead letter, and runs again when it is redriven`()
    async throws
  {
    let bench = try ServiceBench.tasks(["TASKS_MAX_ATTEMPTS": "3"])
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1", ["failAttempts": .integer(4)]))])
      try await bench.untilStatus(.failed, of: "t1")
      let letters = try await bench.store.read { try DeadLetters.list(PageRequest(), all: false, in: $0) }
      let letter = try #require(letters.items.first { $0.kind == .job })
      #expect(letter.attempts == 3)
      #expect(letter.reason == "its input asks for 4 failed attempts")
      let isRedriven = try await bench.store.write { work in
        try DeadLetters.redrive(letter.id, by: "op", jobs: { try $1.redriveJob($0) }, work)
      }
      #expect(isRedriven)
      try await bench.untilStatus(.success, of: "t1")
      let updates = try await bench.updates(of: "t1")
      #expect(updates.map(\.attempt) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
      #expect(updates.map(\.sequence) == Array(1...10))
      #expect(
        updates.map(\.status) == [
          .running, .running, .running, .running, .running, .failed, .running, .running, .running, .success,
        ])
    }
  }

  @Test func `goes the same way with the same seed, and another with another`() async throws {
    func outcomes(seed: String) async throws -> [TaskStatus] {
      let bench = try ServiceBench.tasks([
        "TASKS_SEED": seed, "TASKS_FAILURE_RATE": "0.5", "TASKS_MAX_ATTEMPTS": "1", "TASKS_LOG_LINES": "0",
      ])
      try await bench.running { _ in
        try await bench.deliver((0..<64).map { try bench.record(created("t\($0)")) })
        try await bench.until {
          try await bench.count("SELECT count(*) FROM task_runs WHERE status IN ('SUCCESS', 'FAILED')") == 64
        }
      }
      let again = try ServiceBench.tasks(folder: bench.folder, onTheWire: false)
      let updates: [TaskUpdated] = try await again.published()
        .filter { $0.type == TaskUpdated.name }.map { try $0.decode() }
      return updates.filter { $0.status.isFinal }.sorted { "\($0.id)" < "\($1.id)" }.map(\.status)
    }
    let first = try await outcomes(seed: "7")
    let second = try await outcomes(seed: "7")
    let other = try await outcomes(seed: "8")
    #expect(first == second)
    #expect(first != other)
    #expect((16...48).contains(first.filter { $0 == .failed }.count))
  }

  @Test(arguments: [
    ["TASKS_FAILURE_RATE": "1.5"], ["TASKS_FAILURE_RATE": "often"], ["TASKS_MAX_ATTEMPTS": "0"],
    ["TASKS_DELAY_MIN_MS": "10", "TASKS_DELAY_MAX_MS": "5"], ["TASKS_CONCURRENCY": "-1"],
  ])
  func `a wrong setting is refused by its name`(settings: [String: String]) throws {
    let error = #expect(throws: SettingError.self) {
      try ServiceBench.tasks(settings, onTheWire: false)
    }
    #expect(settings.keys.contains(try #require(error).key))
  }
}
