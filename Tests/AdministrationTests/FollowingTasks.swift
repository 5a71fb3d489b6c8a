import Administration
import Contracts
import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Kafka
import Messaging
import ServiceTesting
import Storage
import Testing

/// What workers tell is applied once, and only ever forward.
@Suite struct FollowingTasks {
  @Test func `updates lead from PENDING to the end, with their attempt, reason and next time`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      try await bench.deliver([bench.record(update(id, 1, .running))])
      #expect(try await caller.task(id).status == "RUNNING")
      try await bench.deliver([
        bench.record(update(id, 2, .running, reason: "no paper", next: "2027-01-15T08:00:10.000Z"))
      ])
      let waiting = try await caller.task(id)
      #expect(waiting.reason == "no paper")
      #expect(waiting.nextAttemptAt == "2027-01-15T08:00:10.000Z")
      try await bench.deliver([bench.record(update(id, 3, .running, attempt: 2))])
      try await bench.deliver([bench.record(update(id, 4, .success, attempt: 2))])
      let done = try await caller.task(id)
      #expect(done.status == "SUCCESS")
      #expect(done.attempt == 2)
      #expect(done.sequence == 4)
      #expect(done.reason == nil)
      #expect(done.nextAttemptAt == nil)
    }
  }

  @Test func `doubled and swapped, they lead to the same end`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      let updates = try [
        bench.record(update(id, 1, .running), id: "1"),
        bench.record(update(id, 2, .running, reason: "r"), id: "2"),
        bench.record(update(id, 3, .running, attempt: 2), id: "3"),
        bench.record(update(id, 4, .success, attempt: 2), id: "4"),
      ]
      var generator = SystemRandomNumberGenerator()
      let shuffled = (updates + updates + updates).shuffled(using: &generator)
      try await bench.deliver(shuffled)
      let done = try await caller.task(id)
      #expect(done.status == "SUCCESS")
      #expect(done.sequence == 4)
      let told = try await bench.told(id)
      #expect(told == told.sorted(), "a status went backwards")
      #expect(Set(told).count == told.count)
      #expect(told.last == 4)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `a task that failed runs again when it is redriven, and that is shown`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      try await bench.deliver([bench.record(update(id, 6, .failed, attempt: 5, reason: "no paper"))])
      #expect(try await caller.task(id).status == "FAILED")
      try await bench.deliver([bench.record(update(id, 7, .running, attempt: 6))])
      let again = try await caller.task(id)
      #expect(again.status == "RUNNING")
      #expect(again.attempt == 6)
      #expect(again.reason == nil)
    }
  }

  @Test func `of two workers that took the same task up, only the first one's word counts`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      try await bench.deliver([bench.record(update(id, 1, .running, runner: "one"))])
      try await bench.deliver([
        bench.record(update(id, 2, .failed, runner: "two")), bench.record(line(id, 1, runner: "two")),
      ])
      #expect(try await caller.task(id).status == "RUNNING")
      try await bench.deliver([bench.record(update(id, 2, .success, runner: "one"))])
      try await bench.deliver([bench.record(update(id, 9, .failed, runner: "two"))])
      #expect(try await caller.task(id).status == "SUCCESS")
      #expect(try await caller.lines(id).isEmpty)
      #expect(try await bench.deadReasons().isEmpty)
    }
  }

  @Test func `lines are kept once each, in their order, and read page by page`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      let lines = try (1...5).map { try bench.record(line(id, $0)) }
      try await bench.deliver(lines + lines)
      // An attempt that is resumed after a crash says them again, as new events.
      try await bench.deliver((1...7).map { try bench.record(line(id, $0)) })
      #expect(try await caller.lines(id).map(\.line) == Array(1...7))
      let page: ReadPage<ReadLine> = try await caller.get("/tasks/\(id)/logs?limit=4").json()
      #expect(page.items.map(\.line) == [1, 2, 3, 4])
      let next = try #require(page.next)
      let rest: ReadPage<ReadLine> = try await caller.get("/tasks/\(id)/logs?limit=4&cursor=\(next)").json()
      #expect(rest.items.map(\.line) == [5, 6, 7])
      #expect(rest.next == nil)
    }
  }

  @Test func `what is told about a task that nobody has is put where it can be seen`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { _ in
      try await bench.deliver([bench.record(update("none", 1, .running)), bench.record(line("none", 1))])
      #expect(
        try await bench.deadReasons() == ["there is no task none here", "there is no task none here"])
    }
  }

  @Test func `cancelling asks the worker once, and says what became of it`() async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      for _ in 0..<3 {
        let answer = try await caller.send(.post, "/tasks/\(id)/cancel", "")
        #expect(answer.status == .accepted)
        #expect(try answer.json(ReadTask.self).cancelRequestedAt != nil)
      }
      #expect(try await bench.published().map(\.type) == ["task.created.v1", "task.cancelled.v1"])
      try await bench.deliver([bench.record(update(id, 1, .cancelled, attempt: 0))])
      let again = try await caller.send(.post, "/tasks/\(id)/cancel", "")
      #expect(again.status == .ok)
      #expect(try again.json(ReadTask.self).status == "CANCELLED")
    }
  }

  @Test(arguments: [TaskStatus.success, .failed])
  func `what is over cannot be cancelled`(status: TaskStatus) async throws {
    let bench = try await ServiceBench.administration(onTheWire: true).withKeys()
    try await bench.running { caller in
      let id = try await caller.createTask()
      try await bench.deliver([bench.record(update(id, 2, status))])
      let answer = try await caller.send(.post, "/tasks/\(id)/cancel", "")
      #expect(answer.status == .conflict)
      #expect(answer.problem == "task-is-over")
      #expect(try await bench.published().map(\.type) == ["task.created.v1"])
    }
  }
}
