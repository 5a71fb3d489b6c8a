import Contracts
import GRDB
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

/// Trying again what failed, once what was wrong is mended.
@Suite struct RedrivingDeadLetters {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  /// Events that are refused for the same reason.
  private func refuse(_ count: Int, _ bench: TestBench) async throws {
    try await bench.deliver(
      (0..<count).map { number in
        let nameless = WorkflowCreated(
          id: WorkflowID("w\(number)"), name: "", createdAt: Timestamp(milliseconds: 0))
        return try bench.record(nameless, id: "event-\(number)")
      })
  }

  private func everything() async throws -> [String] {
    try await bench.store.read { database in
      try ["dead_letters", "redrives", "parked", "outbox", "idempotency"].flatMap { table in
        try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { "\($0)" }
      }
    }
  }

  @Test func `a dry run counts and changes nothing`() async throws {
    try await bench.bury("order 1 is closed", "order 2 is closed", "lost")
    try await bench.serving { caller in
      let ids = try await caller.letters().map(\.id)
      let before = try await everything()
      struct Preview: Decodable {
        let count: Int
        let groups: [ReadGroup]
      }
      for (order, count) in [
        (#"{"filter":{"kind":"job"},"dryRun":true}"#, 3),
        (#"{"filter":{"kind":"job","olderThan":"1h"},"dryRun":true,"why":"to see"}"#, 0),
        (#"{"filter":{"olderThan":"0s"},"dryRun":true}"#, 3),
        (#"{"ids":["\#(ids[0])","nobody"],"dryRun":true}"#, 1),
      ] {
        let answer = try await caller.redrive(order)
        #expect(answer.status == .ok)
        let preview: Preview = try answer.json()
        #expect(preview.count == count)
        #expect(preview.groups.map(\.count).reduce(0, +) == count)
      }
      #expect(try await everything() == before)
    }
  }

  @Test func `a few that are named are handed back at once, on record with who and why`() async throws {
    let bench = try TestBench(onTheWire: true)
    try await bench.running { caller in
      try await refuse(2, bench)
      let ids = try await caller.letters("?type=\(WorkflowCreated.name)").map(\.id)
      let order = #"{"ids":["\#(ids[0])","\#(ids[1])","nobody"],"why":" the names are there "}"#
      let answer = try await caller.redrive(order, key: "once")
      #expect(answer.status == .created)
      let redrive: ReadRedrive = try answer.json()
      #expect(answer.headers[.location] == "/dead-letters/redrives/\(redrive.id)")
      #expect(redrive.by == "ada" && redrive.why == "the names are there")
      #expect(redrive.state == "FINISHED" && redrive.finishedAt != nil)
      #expect(redrive.total == 3 && redrive.redriven == 2 && redrive.skipped == 1)
      #expect(redrive.ids == (ids + ["nobody"]).sorted() && redrive.filter == nil && redrive.perSecond == nil)
      let settled = try await caller.letters("?state=redriven")
      #expect(settled.map(\.redriveID) == [redrive.id, redrive.id])
      #expect(settled.map(\.settledBy) == ["ada", "ada"])
      // Refused again, each as another letter: counted, though the redrive is over.
      try await bench.until {
        let now: ReadRedrive = try await caller.get("/dead-letters/redrives/\(redrive.id)").json()
        return now.failedAgain == 2 && now.state == "FINISHED"
      }
      let repeated = try await caller.redrive(order, key: "once")
      #expect(try repeated.json(ReadRedrive.self) == redrive)
      let listed: ReadPage<ReadRedrive> = try await caller.get("/dead-letters/redrives").json()
      #expect(listed.items.map(\.id) == [redrive.id])
    }
  }

  @Test func `those that a filter means are tried one first, and the rest is left when it fails again`()
    async throws
  {
    let bench = try TestBench(onTheWire: true)
    try await bench.running { caller in
      try await refuse(20, bench)
      let fingerprint = try #require(
        try await caller.groups("?type=\(WorkflowCreated.name)").first?.fingerprint)
      let answer = try await caller.redrive(
        #"{"filter":{"fingerprint":"\#(fingerprint)","newerThan":"1h"},"why":"mended?","perSecond":10000}"#)
      #expect(answer.status == .accepted)
      let begun: ReadRedrive = try answer.json()
      #expect(answer.headers[.location] == "/dead-letters/redrives/\(begun.id)")
      #expect(begun.state == "RUNNING" && begun.total == 20 && begun.perSecond == 10000)
      #expect(begun.filter?.fingerprint == fingerprint && begun.filter?.bornAfter != nil)
      try await bench.until {
        try await caller.get("/dead-letters/redrives/\(begun.id)").json(ReadRedrive.self).state == "STOPPED"
      }
      let end: ReadRedrive = try await caller.get("/dead-letters/redrives/\(begun.id)").json()
      #expect(end.redriven == 1 && end.failedAgain == 1)
      #expect(end.stopReason?.contains("failed again in the same way: workflow …: must not be empty") == true)
      #expect(try await caller.letters("?fingerprint=\(fingerprint)").count == 20)
    }
  }

  @Test func `a redrive that runs can be cancelled, once`() async throws {
    // The loop that carries it out does not run here.
    try await bench.bury("lost", "lost")
    try await bench.serving { caller in
      let begun: ReadRedrive = try await caller.redrive(#"{"filter":{"kind":"job"},"why":"found"}"#).json()
      #expect(begun.perSecond == 50 && begun.stopOnSameFailure)
      let path = "/dead-letters/redrives/\(begun.id)/cancel"
      let first: ReadRedrive = try await caller.send(.post, path, "").json()
      #expect(first.state == "CANCELLED" && first.stopReason == "ada cancelled it.")
      let second = try await caller.send(.post, path, "")
      #expect(second.status == .ok)
      #expect(try second.json(ReadRedrive.self) == first)
      for unknown in ["/dead-letters/redrives/nobody/cancel", "/dead-letters/redrives/nobody"] {
        let answer =
          unknown.hasSuffix("cancel")
          ? try await caller.send(.post, unknown, "") : try await caller.get(unknown)
        #expect(answer.status == .notFound)
      }
    }
  }

  @Test func `redrives are listed page by page, the newest first`() async throws {
    try await bench.serving { caller in
      for number in 0..<3 {
        _ = try await caller.redrive(#"{"ids":["nobody"],"why":"reason \#(number)"}"#)
      }
      let first: ReadPage<ReadRedrive> = try await caller.get("/dead-letters/redrives?limit=2").json()
      #expect(first.items.map(\.why) == ["reason 2", "reason 1"])
      let cursor = try #require(first.next)
      let second: ReadPage<ReadRedrive> = try await caller.get("/dead-letters/redrives?cursor=\(cursor)")
        .json()
      #expect(second.items.map(\.why) == ["reason 0"])
      #expect(second.next == nil)
    }
  }

  @Test func `named with a rate, or more than a hundred, it goes its way`() async throws {
    try await bench.serving { caller in
      let slow = try await caller.redrive(#"{"ids":["a","b"],"why":"x","perSecond":0.1}"#)
      #expect(slow.status == .accepted)
      let many = (0...100).map { "\"id-\($0)\"" }.joined(separator: ",")
      let long = try await caller.redrive(#"{"ids":[\#(many)],"why":"x","stopOnSameFailure":false}"#)
      #expect(long.status == .accepted)
      let begun: ReadRedrive = try long.json()
      #expect(begun.total == 101 && begun.perSecond == 50 && !begun.stopOnSameFailure)
    }
  }

  @Test(arguments: [
    (#"{"why":"x"}"#, "/ids"), (#"{}"#, "/ids /why"), (#"{"ids":[],"why":"x"}"#, "/ids"),
    (#"{"ids":["a"]}"#, "/why"), (#"{"ids":["a"],"why":" \n"}"#, "/why"), (#"{"ids":["a"],"why":7}"#, "/why"),
    (#"{"ids":["a"],"filter":{"kind":"job"},"why":"x"}"#, "/filter"),
    (#"{"filter":{},"why":"x"}"#, "/filter"), (#"{"filter":{},"dryRun":true}"#, "/filter"),
    (#"{"filter":{"Kind":"job","type":"a"},"why":"x"}"#, "/filter/Kind"),
    (#"{"filter":{"kind":"mail","olderThan":"x"},"why":"x"}"#, "/filter/kind /filter/olderThan"),
    (#"{"filter":{"fingerprint":"1"},"why":"x"}"#, "/filter/fingerprint"),
    (#"{"filter":{"newerThan":5},"why":"x"}"#, "/filter/newerThan"),
    (#"{"ids":["a"],"why":"x","perSecond":0}"#, "/perSecond"),
    (#"{"ids":["a"],"why":"x","perSecond":10001}"#, "/perSecond"),
    (#"{"ids":["a"],"why":"x","perSecond":"fast"}"#, "/perSecond"),
    (#"{"ids":["a"],"why":"x","dryRun":"no"}"#, "/dryRun"),
  ])
  func `an order that says too little, or too much, is pointed to`(order: String, pointers: String)
    async throws
  {
    try await bench.serving { caller in
      let answer = try await caller.redrive(order)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointers)")
    }
    #expect(try await bench.count("SELECT count(*) FROM redrives") == 0)
  }

  @Test func `a reason that is too long, or too many ids, are refused`() async throws {
    try await bench.serving { caller in
      let why = String(repeating: "x", count: 501)
      let wordy = try await caller.redrive(#"{"ids":["a"],"why":"\#(why)"}"#)
      #expect(wordy.problem == "invalid-request /why")
      let ids = (0...1000).map { "\"\($0)\"" }.joined(separator: ",")
      let many = try await caller.redrive(#"{"ids":[\#(ids)],"why":"x"}"#)
      #expect(many.problem == "invalid-request /ids")
    }
  }

  @Test func `whoever may do everything but this is refused, and nothing is changed`() async throws {
    try await bench.bury("lost")
    let user = try await bench.key.token(
      subject: "eve", scopes: TestBench.everything.subtracting(["dead-letters:read", "dead-letters:write"]))
    try await bench.serving { caller in
      let before = try await everything()
      for path in ["/dead-letters", "/dead-letters/groups", "/dead-letters/redrives"] {
        #expect(try await caller.get(path, token: user).status == .forbidden)
      }
      let order = #"{"filter":{"kind":"job"},"why":"because"}"#
      #expect(try await caller.send(.post, "/dead-letters/redrive", order, token: user).status == .forbidden)
      #expect(try await everything() == before)
    }
  }
}
