import HTTPTypes
import HummingbirdTesting
import ServiceTesting

/// A delivery as a client reads it.
struct ReadDelivery: Decodable, Hashable, Sendable {
  let id: String
  let workflowId: String?
  let name: String
  let state: String
  let createdAt: String
  let updatedAt: String
}

extension Caller {
  static let deliveries = "/api/delivery/deliveries"

  func create(_ name: String) async throws -> ReadDelivery {
    try await send(.post, Self.deliveries, #"{"name":"\#(name)"}"#).json()
  }

  func delivery(_ id: String) async throws -> ReadDelivery {
    try await get("\(Self.deliveries)/\(id)").json()
  }

  func put(_ state: String, on id: String) async throws -> TestResponse {
    try await send(.put, "\(Self.deliveries)/\(id)", #"{"state":"\#(state)"}"#)
  }

  func link(_ id: String, to workflow: String) async throws -> TestResponse {
    try await send(.put, "\(Self.deliveries)/\(id)/workflow", #"{"workflowId":"\#(workflow)"}"#)
  }

  /// The ids of a list, in its order.
  func list(_ query: String = "") async throws -> [String] {
    try await get("\(Self.deliveries)\(query)").json(ReadPage<ReadDelivery>.self).items.map(\.id)
  }
}
