import Logging
import Storage

extension Problem {
  /// The answer to whatever was thrown. What nobody expected is logged in full under the request's id
  /// and told outside as that id only.
  init(answering error: any Error, requestID: String, logger: Logger) {
    switch error {
    case let problem as Problem: self = problem
    case let error as any ProblemConvertible: self = error.problem
    case let error as StoreError:
      logger.error(
        "The store did not take part", metadata: ["request.id": "\(requestID)", "error": "\(error)"])
      self = .unavailable("The store cannot be written to or read from. Nothing was changed; try again.")
    case is CancellationError: self = .unavailable("The service is stopping. Nothing was changed; try again.")
    default:
      logger.error(
        "A request failed unexpectedly", metadata: ["request.id": "\(requestID)", "error": "\(error)"])
      self = .unexpected(instance: requestID)
    }
  }
}
