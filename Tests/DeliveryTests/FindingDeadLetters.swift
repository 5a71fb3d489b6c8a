import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// How an operator finds out what is wrong, with however many dead letters there are.
@Suite struct FindingDeadLetters {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `filters by kind, fingerprint, type and state`() async throws {
    try await bench.bury("order 1 is closed", "no answer", "order 2 is closed", kind: "mail.send")
    try await bench.bury("order 3 is closed", kind: "mail.fetch")
    try await bench.serving { caller in
      let all = try await caller.letters()
      #expect(all.count == 4)
      let closed = try #require(all.last?.fingerprint)
      #expect(
        try await caller.letters("?fingerprint=\(closed)").map(\.reason) == [
          "order 2 is closed", "order 1 is closed",
        ])
      #expect(try await caller.letters("?type=mail.fetch").map(\.reason) == ["order 3 is closed"])
      #expect(try await caller.letters("?kind=job").count == 4)
      #expect(try await caller.letters("?kind=message").isEmpty)
      #expect(try await caller.letters("?kind=job&type=mail.send&fingerprint=\(closed)").count == 2)
      let first = try #require(all.last?.id)
      _ = try await caller.send(.post, "/dead-letters/discard", #"{"ids":["\#(first)"]}"#)
      #expect(try await caller.letters("?state=discarded").map(\.id) == [first])
      #expect(try await caller.letters("?state=redriven").isEmpty)
      #expect(try await caller.letters("?state=all").count == 4)
      #expect(try await caller.letters("?all=true").count == 4)
      #expect(try await caller.letters("?state=dead").count == 3)
      #expect(try await caller.letters("?fingerprint=\(closed)").count == 1)
    }
  }

  @Test(arguments: [
    ("?olderThan=0s", 4), ("?olderThan=90s", 3), ("?olderThan=15m", 2), ("?olderThan=2h", 1),
    ("?olderThan=7d", 0), ("?newerThan=1s", 0), ("?newerThan=1m", 1), ("?newerThan=1h", 3),
    ("?newerThan=3d", 4), ("?olderThan=1m&newerThan=1h", 2),
  ])
  func `filters by age`(query: String, count: Int) async throws {
    for (number, age) in [Duration.seconds(10), .seconds(600), .seconds(1800), .days(2)].enumerated() {
      try await bench.bury("closed", kind: "job-\(number)", ago: age)
    }
    try await bench.serving { caller in
      let letters = try await caller.letters(query)
      let groups = try await caller.groups(query)
      #expect(letters.count == count)
      #expect(groups.count == count)
    }
  }

  @Test func `groups by the way they failed, the most numerous first, page by page`() async throws {
    try await bench.bury("order 1 is closed", kind: "mail.send", ago: .seconds(60))
    try await bench.bury("no answer from 10.0.0.1:80", "order 2 is closed", "lost", kind: "mail.send")
    try await bench.bury("order 3 is closed", kind: "mail.fetch")
    try await bench.serving { caller in
      let groups = try await caller.groups()
      #expect(groups.map(\.count) == [2, 1, 1, 1])
      let first = try #require(groups.first)
      #expect(first.kind == "job" && first.type == "mail.send" && first.topic == "jobs")
      #expect(first.sentence == "order … is closed")
      #expect(first.exampleReason == "order 2 is closed")
      #expect(first.oldest < first.newest)
      #expect(
        try await caller.letters().contains {
          $0.id == first.exampleID && $0.fingerprint == first.fingerprint
        })
      #expect(Set(groups.map(\.sentence)) == ["order … is closed", "no answer from …", "lost"])

      var pages: [ReadGroup] = []
      var cursor: String?
      repeat {
        let query = "?limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")
        let page = try await caller.get("/dead-letters/groups\(query)").json(ReadPage<ReadGroup>.self)
        #expect(page.items.count == 1)
        pages += page.items
        cursor = page.next
      } while cursor != nil
      #expect(pages == groups)
      #expect(try await caller.groups("?type=mail.fetch").map(\.count) == [1])
    }
  }

  @Test func `no more than a hundred groups come at once`() async throws {
    for letter in "abcdefghijklmnopqrstuvwxyz" {
      let kinds = (0..<4).map { String(repeating: letter, count: $0 + 1) }
      for kind in kinds { try await bench.bury("closed", kind: kind) }
    }
    try await bench.serving { caller in
      let page = try await caller.get("/dead-letters/groups?limit=500").json(ReadPage<ReadGroup>.self)
      #expect(page.items.count == 100)
      #expect(page.next != nil)
    }
  }

  @Test(arguments: [
    ("kind=mail", "/kind"), ("kind=", "/kind"), ("fingerprint=xyz", "/fingerprint"),
    ("fingerprint=ABCDEFABCDEF", "/fingerprint"), ("type=", "/type"), ("state=gone", "/state"),
    ("olderThan=5", "/olderThan"), ("olderThan=-5s", "/olderThan"), ("newerThan=1w", "/newerThan"),
    ("newerThan=99999999d", "/newerThan"), ("newerThan=%D9%A3s", "/newerThan"), ("limit=0", "/limit"),
    ("kind=x&state=y&olderThan=z", "/kind /olderThan /state"),
  ])
  func `what cannot be understood is pointed to`(query: String, pointers: String) async throws {
    try await bench.serving { caller in
      for path in ["/dead-letters", "/dead-letters/groups"] {
        let answer = try await caller.get("\(path)?\(query)")
        #expect(answer.status == .unprocessableContent)
        #expect(answer.problem == "invalid-request \(pointers)")
      }
    }
  }
}
