import Contracts
import Jobs

/// One task to be done.
struct RunTask: Job {
  static let kind = "tasks.run"

  let task: TaskID
  let user: UserID
  let input: JSONValue
}
