import Contracts
import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import Hosting
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// What was once otherwise than it should be.
@Suite(.timeLimit(.minutes(2))) struct CornerCases {
  let at = Timestamp(milliseconds: 1_800_000_000_000)

  // MARK: - Taking events in

  @Test func `an event whose text differs only in how its characters are composed is another event`()
    async throws
  {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      _ = try await caller.hand(event("e1", body: "caf\u{E9}"), key: key)
      let answer = try await caller.hand(event("e1", body: "cafe\u{301}"), key: key)
      #expect(answer.status == .conflict)
      #expect(try await bench.rows().rejected == 1)
    }
  }

  @Test func `two names that differ only in how their characters are composed are two names`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let sent = #"{"id":"e1","name":"n","body":"b","timestamp":"t","\u00e9":1,"e\u0301":2}"#
      #expect(try await caller.hand(sent, key: key).status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `what is no event is kept whole, up to the largest body that is read`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let cut = String(try event("e1", body: String(repeating: "x", count: 200_000)).dropLast())
      #expect(try await caller.hand(cut, key: key).status == .unprocessableContent)
      let kept = try await caller.lastRejection()
      #expect(kept.isTruncated == false)
      #expect(kept.raw?.utf8.count == cut.utf8.count)
    }
  }

  @Test func `a batch with one event that is too deep is taken but for that one`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
      let batch = #"[\#(try event("e1")),{"id":"e2","name":"n","body":\#(deep),"timestamp":"t"}]"#
      let answer = try await caller.hand(batch, key: key, to: "/events/batch")
      #expect(answer.status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, rejected: 1, outbox: 1))
    }
  }

  @Test func `an event that may be handed over alone may be in a batch`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      func event(_ id: String) -> String {
        let deep = String(repeating: "[", count: 63) + "0" + String(repeating: "]", count: 63)
        return #"{"id":"\#(id)","name":"n","body":\#(deep),"timestamp":"t"}"#
      }
      #expect(try await caller.hand(event("e1"), key: key).status == .accepted)
      let batch = try await caller.hand("[\(event("e2"))]", key: key, to: "/events/batch")
      #expect(batch.status == .accepted)
    }
  }

  @Test func `65 levels are too deep, also when the last is empty`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
      let answer = try await caller.hand(
        #"{"id":"e1","name":"n","body":\#(deep),"timestamp":"t"}"#, key: key)
      #expect(answer.status == .unprocessableContent)
      #expect(try await bench.rows() == Rows(rejected: 1))
    }
  }

  @Test func `a timestamp is no longer as a number than it may be as a string`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let number = String(repeating: "1", count: 500_000)
      let answer = try await caller.hand(
        #"{"id":"e1","name":"n","body":"b","timestamp":\#(number)}"#, key: key)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "event-malformed /timestamp")
    }
  }

  @Test func `what is larger than 1 MiB is 413 for a source that signs, too`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let secret = try await caller.addSource(kind: "webhook").secret
      let sent = try event("e1", body: String(repeating: "x", count: 1 << 20))
      let answer = try await caller.sign(sent, secret, at: .now)
      #expect(answer.status == .contentTooLarge)
    }
  }

  @Test func `what would be too long as a message is not answered with 202`()
    async throws
  {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { caller in
      let key = try await caller.addSource().secret
      // 700 KB of JSON, in which the message has to escape every second character.
      let body = "[" + Array(repeating: #""""#, count: 230_000).joined(separator: ",") + "]"
      let sent = #"{"id":"e1","name":"n","body":\#(body),"timestamp":"t"}"#
      let answer = try await caller.hand(sent, key: key)
      #expect(answer.status == .contentTooLarge)
      #expect(try await bench.rows() == Rows(rejected: 1))
      // As long as it may be: it leaves.
      let longest = try event("e2", body: String(repeating: "x", count: SourceEvent.largestMessage))
      #expect(try await caller.hand(longest, key: key).status == .accepted)
      try await bench.until {
        try await bench.count("SELECT count(*) FROM events WHERE status <> 'RECEIVED'") == 1
      }
      #expect(try await bench.deadReasons() == [])
    }
  }

  // MARK: - The target's answers

  @Test(arguments: [401, 403, 407])
  func `who may not ask is told so by the status as well: no event of the request is to blame`(status: Int) {
    let body = #"{"errors":[{"message":"Your token has expired"}]}"#
    let answer = TargetAnswer.read(status: status, isTimed: false, body: Data(body.utf8), ids: ["a", "b"])
    guard case .failed = answer else {
      Issue.record("a dead letter for an expired token: \(answer)")
      return
    }
  }

  @Test(arguments: [404, 408, 409, 425])
  func `a status that speaks of the moment is no verdict for ever`(status: Int) {
    let body = #"{"errors":[{"message":"no"}]}"#
    let answer = TargetAnswer.read(status: status, isTimed: false, body: Data(body.utf8), ids: ["a"])
    if case .refused(let refusal) = answer { #expect(!refusal.isPermanent) }
  }

  @Test(arguments: [#"{"e0":null}"#, "null"])
  func `throttling uses up no attempt, also when it is said of a field`(data: String) {
    let error = #"{"message":"slower","path":["e0"],"extensions":{"code":"THROTTLED"}}"#
    let body = #"{"data":\#(data),"errors":[\#(error)]}"#
    let answer = TargetAnswer.read(status: 200, isTimed: false, body: Data(body.utf8), ids: ["a"])
    if case .answered(let verdicts) = answer, case .refused? = verdicts.first {
      Issue.record("an attempt is used up: \(answer)")
    }
  }

  // MARK: - Secrets

  @Test func `what prints, dumps or mirrors the configuration or a new key does not see a secret`()
    async throws
  {
    let bench = try ServiceBench.gateway(["GATEWAY_TARGET_TOKEN": "target-token"])
    let configuration = try GatewayConfiguration(bench.environment.settings)
    let issued = try await bench.store.write { try $0.addSource("shop", brand: "acme", .key) }
    let client = TargetClient(url: "http://127.0.0.1:1", token: "target-token", timeout: .seconds(1))
    for value: Any in [configuration, client, Target(configuration), issued] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains("target-token"))
        #expect(!text.contains(issued.secret))
      }
    }
  }
}
