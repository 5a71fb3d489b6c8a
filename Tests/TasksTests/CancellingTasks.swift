import Contracts
import Messaging
import ServiceTesting
import Storage
import Tasks
import Testing

/// What a user does not want any more is not begun, or stopped.
@Suite struct CancellingTasks {
  private let long: [String: JSONValue] = ["delayMs": .integer(600_000)]

  @Test func `a running task is stopped, and told to be cancelled`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1", long))])
      try await bench.untilStatus(.running, of: "t1")
      try await bench.deliver([bench.record(cancelled("t1"))])
      try await bench.untilStatus(.cancelled, of: "t1")
      let updates = try await bench.updates(of: "t1")
      #expect(updates.map(\.status) == [.running, .cancelled])
      #expect(updates.map(\.sequence) == [1, 2])
    }
  }

  @Test func `a task that waits for a place is never begun`() async throws {
    let bench = try ServiceBench.tasks(["TASKS_CONCURRENCY": "1"])
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1", long))])
      try await bench.untilStatus(.running, of: "t1")
      try await bench.deliver([bench.record(created("t2"))])
      try await bench.deliver([bench.record(cancelled("t2"))])
      try await bench.untilStatus(.cancelled, of: "t2")
      try await bench.deliver([bench.record(cancelled("t1"))])
      try await bench.untilStatus(.cancelled, of: "t1")
      let updates = try await bench.updates(of: "t2")
      #expect(updates.map(\.status) == [.cancelled])
      #expect(updates.map(\.attempt) == [0])
    }
  }

  @Test func `a task that waits for its next attempt is not tried again`() async throws {
    let bench = try ServiceBench.tasks([
      "TASKS_RETRY_FIRST_MS": "86400000", "TASKS_RETRY_MAX_MS": "86400000",
    ])
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1", ["failAttempts": .integer(1)]))])
      try await bench.until {
        try await bench.count("SELECT count(*) FROM task_runs WHERE next_attempt_at IS NOT NULL") == 1
      }
      try await bench.deliver([bench.record(cancelled("t1"))])
      try await bench.untilStatus(.cancelled, of: "t1")
      #expect(try await bench.updates(of: "t1").map(\.status) == [.running, .running, .cancelled])
    }
  }

  @Test func `a cancellation that arrives before its task keeps it from being begun`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      try await bench.deliver([bench.record(cancelled("t1"))])
      try await bench.deliver([bench.record(created("t1"))])
      try await bench.untilStatus(.cancelled, of: "t1")
      try await bench.deliver([bench.record(created("t1")), bench.record(cancelled("t1"))])
      #expect(try await bench.updates(of: "t1").map(\.status) == [.cancelled])
      #expect(try await bench.count("SELECT count(*) FROM jobs") == 0)
    }
  }

  @Test func `a task that is over stays what it is`() async throws {
    let bench = try ServiceBench.tasks()
    try await bench.running { _ in
      try await bench.deliver([bench.record(created("t1"))])
      try await bench.untilStatus(.success, of: "t1")
      try await bench.deliver([bench.record(cancelled("t1"))])
      #expect(try await bench.updates(of: "t1").map(\.status) == [.running, .success])
      #expect(try await bench.deadReasons().isEmpty)
    }
  }
}
