import Contracts
import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// An event and the news of it come together or not at all.
@Suite struct CommittingTogether {
  @Test(arguments: ["outbox", "events"])
  func `when one of the two cannot be written, neither is, and the source is told`(table: String) async throws
  {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      try await bench.store.write { work in
        try work.database.execute(
          sql: "CREATE TRIGGER broken BEFORE INSERT ON \(table) BEGIN SELECT raise(ABORT, 'broken'); END")
      }
      #expect(try await caller.hand(event("e1"), key: key).status == .internalServerError)
      let batch = try await caller.hand("[\(try event("e1")),{}]", key: key, to: "/events/batch")
      #expect(batch.status == .internalServerError)
      #expect(try await bench.rows() == Rows())
      try await bench.store.write { try $0.database.execute(sql: "DROP TRIGGER broken") }
      #expect(try await caller.hand(event("e1"), key: key).status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `a full disk is 503, and what is sent again once there is room is taken`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let large = try event("e1", body: String(repeating: "x", count: 500_000))
      try await bench.store.write { try $0.database.execute(sql: "PRAGMA max_page_count = 1") }
      let answer = try await caller.hand(large, key: key)
      #expect(answer.status == .serviceUnavailable)
      #expect(answer.problem == "unavailable")
      let refused = try await caller.hand(String(repeating: "x", count: 500_000), key: key)
      #expect(refused.status == .serviceUnavailable)
      #expect(try await bench.rows() == Rows())
      try await bench.store.write { try $0.database.execute(sql: "PRAGMA max_page_count = 4294967294") }
      #expect(try await caller.hand(large, key: key).status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `a conflict whose record cannot be kept is no 409`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      try await bench.store.write { work in
        try work.database.execute(
          sql: "CREATE TRIGGER broken BEFORE INSERT ON rejected BEGIN SELECT raise(ABORT, 'broken'); END")
      }
      #expect(try await caller.hand(event("e1", body: "c"), key: key).status == .internalServerError)
      #expect(try await caller.hand("{}", key: key).status == .internalServerError)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `a process that dies before the commit leaves nothing of it, and what was answered stays`()
    async throws
  {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      // The first commit that somebody waits for is the event that is answered.
      setenv("WAYBILL_CRASH_AT", "gateway:store.before-commit:2", 1)
      let bench = try ServiceBench.gateway(folder: folder)
      try await bench.serving { caller in
        let key = try await caller.addSource().secret
        let answer = try await caller.hand(event("e1"), key: key)
        guard answer.status == .accepted else { return }
        _ = try await caller.hand(event("e2"), key: key)
      }
    }
    let bench = try ServiceBench.gateway(folder: folder)
    #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    #expect(try await bench.told(EventReceived.self).map(\.id) == [SourceEventID("e1")])
  }
}
