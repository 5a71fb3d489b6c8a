import Contracts
import Messaging
import ServiceTesting
import Storage
import Tasks
import Testing

/// Consumption never waits for a task, however many are under way.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CarryingManyTasks {
  @Test func `ten thousand tasks are in flight at once, and what comes after them is taken in at once`()
    async throws
  {
    let bench = try ServiceBench.tasks(["TASKS_CONCURRENCY": "10000", "TASKS_LOG_LINES": "0"])
    try await bench.running { _ in
      let long: [String: JSONValue] = ["delayMs": .integer(3_600_000)]
      for part in 0..<10 {
        try await bench.deliver(
          (0..<1000).map { try bench.record(created("t\(part)-\($0)", long)) })
      }
      try await bench.until {
        try await bench.count("SELECT count(*) FROM task_runs WHERE status = 'RUNNING'") == 10_000
      }
      // All places are taken by now, and the partitions go on: what is delivered is settled.
      try await bench.deliver([bench.record(created("late")), bench.record(cancelled("t0-0"))])
      #expect(try await bench.count("SELECT count(*) FROM task_runs WHERE task_id = 'late'") == 1)
      try await bench.untilStatus(.cancelled, of: "t0-0")
      // Its place is free for the one that waited.
      try await bench.untilStatus(.success, of: "late")
    }
  }

  @Test func `what ran when the worker stopped goes on when it is back, as the same attempt`() async throws {
    let first = try ServiceBench.tasks()
    try await first.running { _ in
      try await first.deliver(
        (0..<50).map { try first.record(created("t\($0)", ["delayMs": .integer(1000)])) })
      try await first.until {
        try await first.count("SELECT count(*) FROM task_runs WHERE status = 'RUNNING'") == 50
      }
    }
    let second = try ServiceBench.tasks(folder: first.folder)
    try await second.running { _ in
      try await second.until {
        try await second.count("SELECT count(*) FROM task_runs WHERE status = 'SUCCESS'") == 50
      }
      for number in 0..<50 {
        let updates = try await second.updates(of: "t\(number)")
        #expect(updates.map(\.status) == [.running, .success])
        #expect(updates.map(\.attempt) == [1, 1])
      }
    }
  }
}
