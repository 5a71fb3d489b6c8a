import HTTPAPI
import HTTPTypes
import ServiceTesting
import Testing

/// Who may ask, and what is read at all.
@Suite struct GuardingRoutes {
  @Test func `every route wants a token, a good one, with its scope`() async throws {
    try await TestBench().expectGuarded([
      .init(.get, "/api/workflow/workflows", "workflows:read"),
      .init(.post, "/api/workflow/workflows", "workflows:write"),
      .init(.get, "/api/workflow/workflows/w1", "workflows:read"),
      .init(.get, "/api/workflow/workflows/w1/tasks", "workflows:read"),
      .init(.patch, "/api/workflow/workflows/w1/tasks/PREPARE", "workflows:write"),
      .init(.post, "/api/workflow/reconcile", "workflows:write"),
    ])
  }

  @Test func `what is too large, no JSON or said to be none is not read`() async throws {
    try await TestBench().expectNothingRead(by: Caller.workflows)
  }
}
