import Contracts
import GRDB
import Messaging
import Storage

extension WorkflowTask: FetchableRecord {
  init(row: Row) throws {
    let name: String = row["name"]
    let state: String = row["state"]
    guard let name = TaskName(rawValue: name), let state = TaskState(rawValue: state) else {
      throw RowDecodingFailure(name: name, state: state)
    }
    self.init(workflowID: row["workflow_id"], name: name, state: state, updatedAt: row["updated_at"])
  }

  private struct RowDecodingFailure: Error {
    let name: String
    let state: String
  }

  func insert(_ database: Database) throws {
    try database.cachedStatement(
      sql: "INSERT INTO tasks (workflow_id, name, state, updated_at) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [workflowID, name.rawValue, state.rawValue, updatedAt])
  }

  /// Writes what can change.
  func update(_ database: Database) throws {
    try database.cachedStatement(
      sql: "UPDATE tasks SET state = ?, updated_at = ? WHERE workflow_id = ? AND name = ?"
    ).execute(arguments: [state.rawValue, updatedAt, workflowID, name.rawValue])
  }

  /// In the order they are worked through.
  static func all(of workflow: WorkflowID, in database: Database) throws -> [WorkflowTask] {
    let select = try database.cachedStatement(sql: "SELECT * FROM tasks WHERE workflow_id = ?")
    let tasks = try fetchAll(select, arguments: [workflow])
    return TaskName.allCases.compactMap { name in tasks.first { $0.name == name } }
  }

  static func find(_ name: TaskName, of workflow: WorkflowID, in database: Database) throws -> WorkflowTask? {
    let select = try database.cachedStatement(
      sql: "SELECT * FROM tasks WHERE workflow_id = ? AND name = ?")
    return try fetchOne(select, arguments: [workflow, name.rawValue])
  }
}
