import Contracts
import GRDB
import Messaging
import Storage

extension WorkflowTask: FetchableRecord, PersistableRecord {
  static let databaseTableName = "tasks"

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

  func encode(to container: inout PersistenceContainer) {
    container["workflow_id"] = workflowID
    container["name"] = name.rawValue
    container["state"] = state.rawValue
    container["updated_at"] = updatedAt
  }

  /// In the order they are worked through.
  static func all(of workflow: WorkflowID, in database: Database) throws -> [WorkflowTask] {
    let tasks = try filter(Column("workflow_id") == workflow.rawValue).fetchAll(database)
    return TaskName.allCases.compactMap { name in tasks.first { $0.name == name } }
  }

  static func find(_ name: TaskName, of workflow: WorkflowID, in database: Database) throws -> WorkflowTask? {
    try filter(Column("workflow_id") == workflow.rawValue && Column("name") == name.rawValue)
      .fetchOne(database)
  }
}
