import Contracts

/// The rules of tasks, by how they are broken.
enum TaskError: Error, Hashable {
  case kindIsEmpty
  case kindIsTooLong
  case inputIsTooLarge
  /// Or somebody else's: nobody learns which.
  case unknownTask(String)
  case isOver(TaskStatus)

  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .kindIsEmpty: "must not be empty"
    case .kindIsTooLong: "must not be longer than \(UserTask.longestKind) characters"
    case .inputIsTooLarge: "must not be larger than \(UserTask.largestInput >> 10) KiB of JSON"
    case .unknownTask(let id): "You have no task \(id)."
    case .isOver(let status): "It is \(status.rawValue); what is over cannot be cancelled."
    }
  }
}
