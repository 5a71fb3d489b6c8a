import GRDB
import Messaging
import RoomTesting
import Storage
import Testing

@Suite("Telling failures apart")
struct FingerprintTests {
  let bench = DeadLetterBench()

  private func fingerprints(of reasons: String...) async throws -> [String?] {
    let store = try bench.store()
    try await store.bury(reasons)
    let fingerprints = try await store.letters().map(\.fingerprint)
    try await store.close()
    return fingerprints
  }

  @Test(arguments: [
    (
      "workflow 0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60: must not be empty",
      "workflow 0197F2A4-AAAA-7B3E-8F42-DEADBEEFCAFE: must not be empty"
    ),
    ("order 17 is closed since 1,204 ms", "order 9 is closed since 3 ms"),
    ("balance is -5.20", "balance is 17"),
    ("key deadbeefcafe is unknown", "key 00ff12ab is unknown"),
    ("token 0x7fff5fbff8c0", "token 0x10"),
    ("no user \"Ada \\\"the first\\\"\"", "no user \"Bob\""),
    ("no user 'Ada'", "no user 'Bob O'Neill'"),
    ("cannot run `SELECT 1`", "cannot run `DELETE FROM users WHERE name = ?`"),
    ("connect to 127.0.0.1:9092 failed", "connect to 10.0.0.17:29092 failed"),
    ("connect to kafka.example.com:9092 failed", "connect to localhost:9093 failed"),
    ("connect to [fe80::abcd:beef]:80 failed", "connect to [::1]:8080 failed"),
    ("GET https://a.example/x?y=z#1 answered 503.", "GET http://b.example:81 answered 503."),
    ("mail to ada@example.com bounced", "mail to bob.b@mail.example.org bounced"),
    ("missing ids 1, 2, 3", "missing ids 4"),
    ("job ORD-2024-001 died", "job ORD-2025-17 died"),
    ("it   failed\n at line 3", "it failed at line 12"),
  ])
  func `reasons that differ in identities, numbers, quotes and addresses are one failure`(
    first: String, second: String
  ) async throws {
    let fingerprints = try await fingerprints(of: first, second)
    #expect(fingerprints[0] != nil)
    #expect(fingerprints[0] == fingerprints[1])
  }

  @Test(arguments: [
    ("the target answered 503", "the target answered 404"),
    ("HTTP status: 503", "HTTP status: 500"),
    ("SQLite error 19: constraint", "SQLite error 13: constraint"),
    ("not a test.counted.v1", "not a test.counted.v2"),
    ("it has no value", "it has no key"),
    ("/number is missing", "/id is missing"),
    ("user's card doesn't fit, can't pay", "user's card doesn't fit, can't move"),
  ])
  func `reasons that differ in what they say, or in a status or code, are two`(
    first: String, second: String
  ) async throws {
    let fingerprints = try await fingerprints(of: first, second)
    #expect(fingerprints[0] != fingerprints[1])
  }

  @Test func `the same reason of another kind of job is another failure`() async throws {
    let store = try bench.store()
    try await store.bury(["no answer"], kind: "mail.send")
    try await store.bury(["no answer"], kind: "mail.fetch")
    let fingerprints = Set(try await store.letters().map(\.fingerprint))
    #expect(fingerprints.count == 2)
    try await store.close()
  }

  /// Kept in stores and in people's notes: a change is a decision.
  @Test func `a fingerprint is the same for ever`() async throws {
    let fingerprints = try await fingerprints(of: "order 17 is closed", String(repeating: "x", count: 5000))
    #expect(fingerprints == ["dd724e535020", "19d104d6b91a"])
  }

  @Test func `a group says the reason with what varies left out, and gives an example`() async throws {
    let store = try bench.store()
    try await store.bury([
      "order 17 is closed", "no answer from 10.0.0.1:80 after 30 s", "order 18 is closed",
    ])
    let groups = try await store.read {
      try DeadLetters.groups(PageRequest(), DeadLetterFilter(), in: $0).items
    }
    #expect(groups.map(\.sentence) == ["order … is closed", "no answer from … after … s"])
    #expect(groups.map(\.count) == [2, 1])
    #expect(groups.first?.exampleReason == "order 18 is closed")
    let newest = try await store.letters().last?.id
    #expect(groups.first?.exampleID == newest)
    try await store.close()
  }

  @Test func `letters of a version without fingerprints get theirs at the next start`() async throws {
    let old = try bench.store(Array([Migration].messaging.prefix(1)) + TestBench.schema)
    try await old.write { work in
      for number in 0..<1200 {
        try work.database.execute(
          sql: """
            INSERT INTO dead_letters (id, kind, event_id, type, topic, headers, value, reason, attempts, created_at)
            VALUES (?, 'job', ?, 'test.job', 'jobs', '[]', x'7b7d', ?, 3, ?)
            """,
          arguments: [UUIDv7.next(at: work.now), "old-\(number)", "order \(number) is closed", work.now])
      }
    }
    try await old.close()
    let store = try bench.store()
    try await store.bury(["order 17 is closed"])
    try await running([bench.runner(store, HandClock())], bench.logger) {
      // No letter is redriven before all have their fingerprints.
      _ = try await store.begin(.all())
      try await store.until { try await store.seen().count == 1 }
      #expect(try await store.count("SELECT count(*) FROM dead_letters WHERE fingerprint IS NULL") == 0)
    }
    #expect(try await store.count("SELECT count(DISTINCT fingerprint) FROM dead_letters") == 1)
    #expect(try await store.count("SELECT count(*) FROM dead_letters") == 1201)
    try await store.close()
  }
}
