import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Operators find events by what they know of them, the newest first.
@Suite struct SearchingEvents {
  private func ids(_ caller: Caller, _ query: String) async throws -> [String] {
    try await caller.get("/events?\(query)").json(ReadPage<ReadSummary>.self).items.map(\.id)
  }

  /// Every page, until there is no next one.
  private func all(
    _ caller: Caller, _ query: String, between: () async throws -> Void = {}
  ) async throws -> (ids: [String], pages: Int) {
    var (ids, pages): ([String], Int) = ([], 0)
    var cursor: String? = ""
    while let next = cursor {
      let uri = "/events?\(query)" + (next.isEmpty ? "" : "&cursor=\(next)")
      let page: ReadPage<ReadSummary> = try await caller.get(uri).json()
      ids += page.items.map(\.id)
      pages += 1
      cursor = page.next
      try await between()
    }
    return (ids, pages)
  }

  @Test func `each is told in short`() async throws {
    let clock = TestClock(Timestamp(milliseconds: 1_800_000_000_000))
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1"), key: key)
      let answer = try await caller.get("/events")
      let at = "2027-01-15T08:00:00.000Z"
      let summary =
        #"{"attempt":0,"brand":"acme","id":"e1","name":"order","receivedAt":"\#(at)","source":"shop","#
        + #""status":"RECEIVED","updatedAt":"\#(at)"}"#
      #expect(answer.text == #"{"items":[\#(summary)],"next":null}"#)
    }
  }

  @Test func `by status, source, and time of receipt, alone and together`() async throws {
    let start = Timestamp(milliseconds: 1_800_000_000_000)
    let bench = try ServiceBench.gateway()
    let statuses: [EventStatus] = [.received, .queued, .delivered, .failed]
    for number in 0..<16 {
      try await bench.keep(
        "e\(number)", source: number < 8 ? "shop" : "till", status: statuses[number % 4],
        receivedAt: start + .seconds(number))
    }
    try await bench.serving { caller in
      let everything = try await ids(caller, "")
      #expect(everything == (0..<16).reversed().map { "e\($0)" })
      for (place, status) in statuses.enumerated() {
        #expect(
          try await ids(caller, "status=\(status.rawValue)")
            == [12, 8, 4, 0].map { "e\($0 + place)" })
      }
      #expect(try await ids(caller, "source=shop") == (0..<8).reversed().map { "e\($0)" })
      #expect(try await ids(caller, "source=none").isEmpty)
      #expect(try await ids(caller, "since=\(start + .seconds(13))") == ["e15", "e14", "e13"])
      #expect(try await ids(caller, "since=\(start + .milliseconds(13_001))") == ["e15", "e14"])
      #expect(try await ids(caller, "since=\(start + .days(1))").isEmpty)
      #expect(try await ids(caller, "status=QUEUED&source=till&since=\(start + .seconds(10))") == ["e13"])
    }
  }

  @Test func `by a part of the id, the name or the body, in its own case`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.keep("order-1", name: "created", body: #"{"total":"50%_off"}"#)
    try await bench.keep("order-2", name: "Größe", body: "a\0needle")
    try await bench.keep("invoice-3", name: "paid", body: "😀 it's")
    try await bench.serving { caller in
      for (text, found) in [
        ("order-", ["order-2", "order-1"]), ("eate", ["order-1"]), ("öß", ["order-2"]),
        ("needle", ["order-2"]),
        ("😀", ["invoice-3"]), ("it's", ["invoice-3"]), ("50%_off", ["order-1"]), ("%", ["order-1"]),
        ("_", ["order-1"]), ("ORDER", []), ("o_der", []), ("\"total\"", ["order-1"]), ("&", []),
        ("' OR 1=1", []),
      ] {
        let seen = try await ids(caller, "q=\(try path(text))")
        #expect(seen == found, "\(text)")
      }
      #expect(try await ids(caller, "q=").count == 3)
      #expect(try await ids(caller, "q=order&source=shop&status=QUEUED").count == 2)
    }
  }

  @Test(arguments: [1, 3, 7, 20, 500])
  func `pages leave nothing out and repeat nothing, while events go on coming in`(limit: Int) async throws {
    let bench = try ServiceBench.gateway()
    for number in 0..<20 { try await bench.keep("e\(number)", source: number % 3 == 0 ? "shop" : "till") }
    try await bench.serving { caller in
      var more = 0
      let seen = try await all(caller, "limit=\(limit)") {
        more += 1
        try await bench.keep("new\(more)")
      }
      #expect(seen.ids == (0..<20).reversed().map { "e\($0)" })
      #expect(seen.pages == max((20 + limit - 1) / limit, 1))
      let filtered = try await all(caller, "source=till&limit=\(limit)")
      #expect(filtered.ids == (0..<20).reversed().filter { $0 % 3 != 0 }.map { "e\($0)" })
    }
  }

  @Test func `events that change while pages are read stay in their place`() async throws {
    let bench = try ServiceBench.gateway()
    for number in 0..<9 { try await bench.keep("e\(number)") }
    try await bench.serving { caller in
      var turn = 0
      let seen = try await all(caller, "limit=2") {
        let seq = try await bench.event("e\(turn)").seq
        turn += 1
        try await bench.store.write { work in
          try work.delivered(seq, attempt: 1, answer: "{}", at: work.now, runner: nil)
        }
      }
      #expect(seen.ids == (0..<9).reversed().map { "e\($0)" })
    }
  }

  @Test(arguments: [
    ("status=received", "/status"), ("status=", "/status"), ("status=LOST", "/status"),
    ("since=yesterday", "/since"),
    ("since=2026-01-31", "/since"), ("since=", "/since"), ("limit=0", "/limit"), ("limit=x", "/limit"),
    ("cursor=x", "/cursor"), ("cursor=", "/cursor"), ("cursor=azpub25l", "/cursor"),
    ("cursor=azo", "/cursor"),
    ("cursor=azo5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "/cursor"),
  ])
  func `what cannot be understood is refused by its name`(query: String, place: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.keep("e1")
    try await bench.serving { caller in
      let answer = try await caller.get("/events?\(query)")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(place)")
    }
  }

  @Test(arguments: [("azo5OTk5OTk5", ["e1", "e0"]), ("azow", []), ("azotNQ", []), ("azox", [])])
  func `a cursor before the first or behind the last is no mistake`(cursor: String, found: [String])
    async throws
  {
    let bench = try ServiceBench.gateway()
    for number in 0..<2 { try await bench.keep("e\(number)") }
    try await bench.serving { caller in
      let answer = try await caller.get("/events?cursor=\(cursor)")
      let page: ReadPage<ReadSummary> = try answer.json()
      #expect(page.items.map(\.id) == found)
      #expect(page.next == nil)
    }
  }

  @Test func `one that finds little among very many answers soon, and its cursor leads to the end`()
    async throws
  {
    let bench = try ServiceBench.gateway()
    try await bench.keep("needle-1")
    try await bench.store.write { work in
      try work.database.execute(
        sql: """
          WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 450000)
          INSERT INTO events (id, source, name, body, timestamp, brand, status, received_at, updated_at, change)
          SELECT 'hay' || n, 'shop', 'hay', x'', 't', 'b', 'DELIVERED', n, n, n FROM numbers
          """)
    }
    try await bench.keep("needle-2")
    try await bench.serving { caller in
      let found = try await all(caller, "q=needle&limit=5")
      #expect(found.ids == ["needle-2", "needle-1"])
      #expect(found.pages == 3)
      let none = try await all(caller, "q=nothing&limit=5")
      #expect(none.ids.isEmpty)
      #expect(none.pages == 3)
      // What is not delivered is found at once wherever it lies.
      #expect(try await all(caller, "status=QUEUED&limit=5").ids == ["needle-2", "needle-1"])
    }
  }

  @Test func `in an empty store finds nothing`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.get("/events?q=x&status=FAILED")
      #expect(answer.text == #"{"items":[],"next":null}"#)
    }
  }
}
