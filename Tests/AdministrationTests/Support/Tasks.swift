import Contracts
import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage

/// A task as its owner reads it.
struct ReadTask: Decodable, Hashable, Sendable {
  let id: String
  let userId: String
  let kind: String
  let status: String
  let attempt: Int
  let sequence: Int
  let reason: String?
  let nextAttemptAt: String?
  let cancelRequestedAt: String?
  let createdAt: String
  let updatedAt: String
}

struct ReadLine: Decodable, Hashable, Sendable {
  let attempt: Int
  let line: Int
  let text: String
}

extension Caller {
  func createTask(token: String? = nil) async throws -> String {
    try await send(.post, "/tasks", #"{"kind":"report"}"#, token: token).json(ReadTask.self).id
  }

  func task(_ id: String) async throws -> ReadTask { try await get("/tasks/\(id)").json() }

  func lines(_ id: String) async throws -> [ReadLine] {
    try await get("/tasks/\(id)/logs?limit=500").json(ReadPage<ReadLine>.self).items
  }
}

extension ServiceBench {
  /// The sequences that a task's owner was told, in the order of the telling; 0 is its creation.
  func told(_ task: String) async throws -> [Int] {
    try await store.read {
      try Int.fetchAll(
        $0, sql: "SELECT sequence FROM task_changes WHERE task_id = ? ORDER BY seq", arguments: [task])
    }
  }
}

func update(
  _ task: String, user: String = "ada", _ sequence: Int, _ status: TaskStatus, attempt: Int = 1,
  lines: Int = 0, reason: String? = nil, next: String? = nil, runner: String = "one"
) -> TaskUpdated {
  TaskUpdated(
    id: TaskID(task), userId: UserID(user), runner: runner, sequence: sequence, status: status,
    attempt: attempt, lines: lines, reason: reason, nextAttemptAt: next.flatMap { Timestamp($0) },
    updatedAt: Timestamp(milliseconds: 1_900_000_000_000 + Int64(sequence)))
}

func line(_ task: String, _ number: Int, attempt: Int = 1, runner: String = "one") -> TaskLogged {
  TaskLogged(
    id: TaskID(task), userId: UserID("ada"), runner: runner, attempt: attempt, line: number,
    text: "step \(number)", loggedAt: Timestamp(milliseconds: 1_900_000_000_000 + Int64(number)))
}
