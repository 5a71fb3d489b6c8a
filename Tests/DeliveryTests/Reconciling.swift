import GRDB
import HTTPTypes
import Hosting
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing
import Workflow

/// Saying everything again, so that the other side catches up.
@Suite struct Reconciling {
  static let path = "/api/delivery/reconcile"

  let bench: TestBench

  init() throws { bench = try TestBench(onTheWire: true) }

  @Test func `dry, it counts and publishes nothing`() async throws {
    try await bench.serving { caller in
      let linked = try await caller.create("Tax")
      let alone = try await caller.create("Law")
      _ = try await caller.link(linked.id, to: "w1")
      let before = try await bench.published().count
      let report = try await caller.send(.post, "\(Self.path)?dryRun=true", "")
      #expect(report.status == .ok)
      #expect(
        report.text == #"{"deliveries":2,"examples":["\#(alone.id)"],"published":0,"withoutWorkflow":1}"#)
      #expect(try await bench.published().count == before)
    }
  }

  @Test func `publishes each delivery as it is, and changes nothing, however often`() async throws {
    try await bench.serving { caller in
      let waiting = try await caller.create("Tax")
      let sent = try await caller.create("Law")
      _ = try await caller.put("DELIVERED", on: sent.id)
      let list = try await caller.get(Caller.deliveries).text
      let first = try await bench.published()
      for round in 1...3 {
        let report: ReadReport = try await caller.send(.post, Self.path, "").json()
        #expect(report.published == 3)
        let said = try await bench.published()
        #expect(said.count == first.count + 3 * round)
        #expect(Set(said) == Set(first))
        #expect(
          said.suffix(3).filter { $0.key == sent.id }.map(\.type) == [
            "delivery.created.v1", "delivery.sent.v1",
          ])
        #expect(said.suffix(3).filter { $0.key == waiting.id }.map(\.type) == ["delivery.created.v1"])
        #expect(try await caller.get(Caller.deliveries).text == list)
      }
    }
  }

  @Test func `the old records of XYZ are linked, and both sides come in step and stay so`() async throws {
    let neighbour = try WorkflowService.host(in: bench.environment)
    try await bench.store.write { work in
      try work.database.execute(
        sql: """
          INSERT INTO deliveries (id, workflow_id, name, state, created_at, updated_at, sent_at)
          VALUES ('old-delivery', NULL, 'XYZ Tax Return Delivery', 'DELIVERED', 1660000000000, 1670000000000, NULL)
          """)
    }
    try await neighbour.store.write { work in
      try work.database.execute(
        sql: """
          INSERT INTO workflows (id, name, created_at, updated_at)
          VALUES ('old-workflow', '2022 XYZ Corp Tax Return', 1660000000000, 1660000000000);
          INSERT INTO tasks (workflow_id, name, state, updated_at) VALUES
            ('old-workflow', 'PREPARE', 'DONE', 0), ('old-workflow', 'REVIEW', 'DONE', 0),
            ('old-workflow', 'DELIVER', 'NEW', 0);
          """)
    }
    try await bench.running(with: [neighbour]) { caller in
      let report: ReadReport = try await caller.send(.post, "\(Self.path)?dryRun=true", "").json()
      #expect(report.examples == ["old-delivery"])
      #expect(try await caller.link("old-delivery", to: "old-workflow").status == .ok)
      try await bench.settle(with: neighbour)
      #expect(try await neighbour.store.oldWorkflow() == ["old-delivery", "DELIVERED", "DONE"])

      for _ in 1...3 {
        #expect(try await caller.send(.post, Self.path, "").status == .ok)
        try await bench.serving(neighbour) { other in
          let report = try await other.send(.post, "/api/workflow/reconcile", "")
          #expect(report.status == .ok)
        }
      }
      try await bench.settle(with: neighbour)
      #expect(try await neighbour.store.oldWorkflow() == ["old-delivery", "DELIVERED", "DONE"])
      #expect(try await caller.list("?workflowId=old-workflow") == ["old-delivery"])
      for store in [bench.store, neighbour.store] { #expect(try await store.troubles() == 0) }
    }
  }
}

extension TestBench {
  /// Waits until all that either service published has been taken in by the other, and all that came of it.
  ///
  /// A delivery's news leads to none that a delivery listens to, so the way there and back is enough.
  fileprivate func settle(with neighbour: ServiceHost) async throws {
    for store in [neighbour.store, self.store, neighbour.store] {
      try await until(store) { try await store.number("SELECT count(*) FROM outbox WHERE state < 2") == 0 }
    }
  }
}

extension Store {
  fileprivate func number(_ sql: String) async throws -> Int {
    try await read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  fileprivate func troubles() async throws -> Int {
    try await number("SELECT (SELECT count(*) FROM dead_letters) + (SELECT count(*) FROM parked)")
  }

  fileprivate func oldWorkflow() async throws -> [String?] {
    try await read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT delivery_id, delivery_state, tasks.state FROM workflows JOIN tasks ON workflow_id = id
          WHERE id = 'old-workflow' AND tasks.name = 'DELIVER'
          """)
      return row.map { [$0[0], $0[1], $0[2]] } ?? []
    }
  }
}
