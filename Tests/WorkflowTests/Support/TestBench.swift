import HTTPAPI
import Hosting
import ServiceTesting
import Workflow

/// The workflow service as the program runs it.
typealias TestBench = ServiceBench

extension ServiceBench {
  static let everything: Set<Scope> = [
    "workflows:read", "workflows:write", "dead-letters:read", "dead-letters:write",
  ]

  /// - Parameter onTheWire: with a broker of its own too, for tests that run the service.
  convenience init(onTheWire: Bool = false) throws {
    try self.init(scopes: Self.everything, onTheWire: onTheWire, WorkflowService.host)
  }
}
