import HTTPTypes
import HummingbirdTesting
import ServiceTesting

/// A workflow as a client reads it.
struct ReadWorkflow: Decodable, Hashable, Sendable {
  struct Delivery: Decodable, Hashable, Sendable {
    let id: String
    let state: String
  }

  let id: String
  let name: String
  let createdAt: String
  let updatedAt: String
  let delivery: Delivery?
}

struct ReadTask: Decodable, Hashable, Sendable {
  let name: String
  let state: String
  let updatedAt: String
}

extension Caller {
  static let workflows = "/api/workflow/workflows"

  func create(_ name: String) async throws -> ReadWorkflow {
    try await send(.post, Self.workflows, #"{"name":"\#(name)"}"#).json()
  }

  func workflow(_ id: String) async throws -> ReadWorkflow {
    try await get("\(Self.workflows)/\(id)").json()
  }

  /// The states of PREPARE, REVIEW and DELIVER.
  func states(of id: String) async throws -> [String] {
    try await get("\(Self.workflows)/\(id)/tasks").json(ReadPage<ReadTask>.self).items.map(\.state)
  }

  func move(_ task: String, of id: String, to state: String) async throws -> TestResponse {
    try await send(.patch, "\(Self.workflows)/\(id)/tasks/\(task)", #"{"state":"\#(state)"}"#)
  }
}
