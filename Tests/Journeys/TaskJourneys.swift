import Foundation
import Kafka
import Logging
import NIOHTTP1
import Storage
import Testing

/// Users' tasks through processes that die: each ends exactly once, and no status goes backwards.
@Suite("Carrying tasks through crashes", .serialized, .timeLimit(.minutes(5)))
struct TaskJourneys {
  private static let settings = [
    "TASKS_DELAY_MIN_MS": "300", "TASKS_DELAY_MAX_MS": "1500", "TASKS_FAILURE_RATE": "0.2",
    "TASKS_RETRY_FIRST_MS": "50", "TASKS_MAX_ATTEMPTS": "5", "TASKS_LOG_LINES": "3",
  ]

  private func stack(on broker: EmbeddedBroker, _ more: [String: String] = [:]) throws -> Stack {
    try Stack(
      environment: Self.settings.merging([
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers, "KAFKA_SESSION_TIMEOUT_MS": "6000",
        "KAFKA_FETCH_WAIT_MAX_MS": "1",
      ]) { $1 }.merging(more) { $1 })
  }

  @Test func `a worker killed with hundreds running: after its restart each task ends exactly once`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try stack(on: broker)
    try await stack.start("serve", "administration")
    let worker = try await stack.start("serve", "tasks")
    let ids = try await stack.createTasks(300)
    try await stack.until("hundreds are running") { try await stack.taskCount("RUNNING") >= 200 }
    worker.signal(SIGKILL)
    _ = await worker.exit()
    try await stack.start("serve", "tasks")
    try await stack.until("all are over") { try await stack.tasksOver() == 300 }
    try await expectOneEnd(of: Set(ids), stack)
  }

  @Test func `two workers share the tasks, and of one that dies the other takes what is not yet begun`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try stack(on: broker, ["TASKS_DELAY_MIN_MS": "3000", "TASKS_DELAY_MAX_MS": "4000"])
    try await stack.start("serve", "administration")
    let first = try await stack.start("serve", "tasks")
    let folder = stack.folder + "/second"
    let second = try await stack.start("serve", "tasks", with: ["WAYBILL_DATA": folder])
    _ = await second.line { $0.contains("Partitions assigned") && $0.contains("task.created") }
    let ids = try await stack.createTasks(48)
    try await stack.until("both have tasks, and all of them are running") {
      let (one, other) = (try Self.tasks(in: stack.folder), try Self.tasks(in: folder))
      return one > 0 && other > 0 && one + other == 48
    }
    first.signal(SIGKILL)
    _ = await first.exit()
    let more = try await stack.createTasks(48)
    try await stack.until("the other has done what came after") {
      var over = 0
      for id in more where try await stack.isOver(id) { over += 1 }
      return over == more.count
    }
    // What the first had begun waits for it.
    try await stack.start("serve", "tasks")
    let all = Set(ids + more)
    try await stack.until("all are over") { try await stack.tasksOver() == all.count }
    try await expectOneEnd(of: all, stack)
  }

  @Test func `administration down while tasks end: it catches up`() async throws {
    let broker = try BrokerTests.broker()
    let stack = try stack(on: broker, ["TASKS_FAILURE_RATE": "0"])
    let administration = try await stack.start("serve", "administration")
    let worker = try await stack.start("serve", "tasks")
    let ids = try await stack.createTasks(100)
    try await stack.until("some are running") { try await stack.taskCount("RUNNING") > 0 }
    administration.signal(SIGKILL)
    _ = await administration.exit()
    // The worker has done them all, and nobody listened.
    let store = "\(stack.folder)/tasks.sqlite"
    try await Peek.until(store, "SELECT count(*) FROM task_runs WHERE status = 'SUCCESS'", is: 100)
    #expect(!worker.hasExited)
    try await stack.start("serve", "administration")
    try await stack.until("all are over") { try await stack.tasksOver() == 100 }
    try await expectOneEnd(of: Set(ids), stack)
  }

  struct Point: CustomTestStringConvertible, Sendable {
    let setting: String
    var testDescription: String { setting }

    static let all = ["administration", "tasks"].flatMap { service in
      Failpoint.allCases.flatMap { place in
        [1, 2].map { Point(setting: "\(service):\(place.rawValue):\($0)") }
      }
    }
  }

  @Test(arguments: Point.all)
  func `killed at a named point: after the restart each task ends exactly once`(point: Point) async throws {
    let stack = try Stack(
      environment: Self.settings.merging(["TASKS_DELAY_MIN_MS": "0", "TASKS_DELAY_MAX_MS": "20"]) { $1 })
    let doomed = try await stack.start(with: ["WAYBILL_CRASH_AT": point.setting])
    let restarted = Task {
      let exit = await doomed.exit()
      if exit.signal == SIGKILL { try await stack.start() }
      return exit
    }
    var ids: Set<String> = []
    for number in 0..<12 {
      try await stack.until("task \(number) is accepted") {
        ids.insert(try await stack.createTask(key: "task-\(number)"))
        return true
      }
    }
    try await stack.until("all are over") { try await stack.tasksOver() == 12 }
    doomed.signal(SIGTERM)
    let exit = try await restarted.value
    #expect(exit.signal == SIGKILL, "the process did not die at \(point.setting)")
    #expect(ids.count == 12)
    try await expectOneEnd(of: ids, stack)
  }

  private static func tasks(in folder: String) throws -> Int {
    try Peek.count("\(folder)/tasks.sqlite", "SELECT count(*) FROM task_runs")
  }

  /// Reads what the owner of the tasks was told, from the beginning.
  private func expectOneEnd(of ids: Set<String>, _ stack: Stack) async throws {
    let rows = try Peek.changes("\(stack.folder)/administration.sqlite")
    var told: [String: [Peek.Change]] = [:]
    for row in rows { told[row.task, default: []].append(row) }
    #expect(Set(told.keys) == ids)
    for (id, changes) in told {
      let sequences = changes.map(\.sequence)
      #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count, "\(id): \(changes)")
      let attempts = changes.map(\.attempt)
      #expect(attempts == attempts.sorted(), "\(id): \(attempts)")
      #expect(Set(attempts) == Set(0...(attempts.last ?? 0)), "\(id): an attempt is missing in \(attempts)")
      let ends = changes.filter { ["SUCCESS", "FAILED", "CANCELLED"].contains($0.status) }
      #expect(ends.count == 1 && ends.last?.sequence == sequences.last, "\(id): \(changes)")
      #expect(changes.first?.status == "PENDING")
      if ends.first?.status == "FAILED" { #expect(attempts.last == 5) }
    }
  }
}

extension Stack {
  func createTask(key: String) async throws -> String {
    let answer = try await send(
      .POST, "administration", "/tasks", json: #"{"kind":"report"}"#, headers: ["Idempotency-Key": key])
    guard answer.status == 201, let id = answer["id"] else { throw Refused(answer: answer) }
    return id
  }

  func createTasks(_ count: Int) async throws -> [String] {
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<count { group.addTask { try await self.createTask(key: UUID().uuidString) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  func taskCount(_ status: String) async throws -> Int {
    try await send(.GET, "administration", "/tasks?status=\(status)&limit=500").items.count
  }

  func tasksOver() async throws -> Int {
    var over = 0
    for status in ["SUCCESS", "FAILED", "CANCELLED"] { over += try await taskCount(status) }
    return over
  }

  func isOver(_ id: String) async throws -> Bool {
    let status = try await send(.GET, "administration", "/tasks/\(id)")["status"]
    return status == "SUCCESS" || status == "FAILED"
  }
}
