import Contracts
import Foundation
import HTTPAPI
import Messaging
import ServiceTesting
import Storage
import Tasks
import Testing

extension ServiceBench {
  static let quick = [
    "TASKS_DELAY_MIN_MS": "0", "TASKS_DELAY_MAX_MS": "0", "TASKS_FAILURE_RATE": "0", "TASKS_LOG_LINES": "2",
    "TASKS_RETRY_FIRST_MS": "1", "TASKS_RETRY_MAX_MS": "1",
  ]

  /// The worker, quick and without failures unless `settings` say otherwise.
  static func tasks(
    _ settings: [String: String] = [:], folder: String? = nil, onTheWire: Bool = true
  ) throws -> ServiceBench {
    try ServiceBench(
      scopes: ["dead-letters:read", "dead-letters:write"], settings: quick.merging(settings) { $1 },
      folder: folder, onTheWire: onTheWire, TasksService.host)
  }

  /// What was told about a task so far.
  func updates(of id: String) async throws -> [TaskUpdated] {
    try await published().filter { $0.type == TaskUpdated.name && $0.key == id }.map { try $0.decode() }
  }

  func lines(of id: String) async throws -> [TaskLogged] {
    try await published().filter { $0.type == TaskLogged.name && $0.key == id }.map { try $0.decode() }
  }

  func untilStatus(
    _ status: TaskStatus, of id: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await until(sourceLocation: sourceLocation) {
      try await self.count(
        "SELECT count(*) FROM task_runs WHERE task_id = '\(id)' AND status = '\(status.rawValue)'") == 1
    }
  }
}

func created(_ id: String, _ input: [String: JSONValue] = [:]) -> TaskCreated {
  TaskCreated(
    id: TaskID(id), userId: UserID("ada"), kind: "report", input: .object(input),
    createdAt: Timestamp(milliseconds: 1_800_000_000_000))
}

func cancelled(_ id: String) -> TaskCancelled {
  TaskCancelled(
    id: TaskID(id), userId: UserID("ada"), cancelledAt: Timestamp(milliseconds: 1_800_000_001_000))
}
