import HTTPAPI
import HTTPTypes
import ServiceTesting
import Testing

/// Who may ask, and what is read at all.
@Suite struct GuardingRoutes {
  @Test func `every route wants a token, a good one, with its scope`() async throws {
    try await TestBench().expectGuarded([
      .init(.get, "/api/delivery/deliveries", "deliveries:read"),
      .init(.post, "/api/delivery/deliveries", "deliveries:write"),
      .init(.get, "/api/delivery/deliveries/d1", "deliveries:read"),
      .init(.put, "/api/delivery/deliveries/d1", "deliveries:write"),
      .init(.put, "/api/delivery/deliveries/d1/workflow", "deliveries:write"),
      .init(.post, "/api/delivery/reconcile", "deliveries:write"),
    ])
  }

  @Test func `what is too large, no JSON or said to be none is not read`() async throws {
    try await TestBench().expectNothingRead(by: Caller.deliveries)
  }
}
