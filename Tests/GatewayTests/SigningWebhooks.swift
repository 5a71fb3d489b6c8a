import Foundation
import GRDB
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// A source that signs what it sends, after the Standard Webhooks specification 1.0.
@Suite struct SigningWebhooks {
  private let clock = TestClock(PublishedWebhook.time)

  private func gateway() throws -> ServiceBench {
    let clock = clock
    return try .gateway(clock: { clock.now })
  }

  @Test func `signs as the published vector says`() throws {
    let secret = try #require(WebhookSecret(PublishedWebhook.secret))
    #expect(
      secret.sign(
        id: PublishedWebhook.id, timestamp: PublishedWebhook.timestamp, body: PublishedWebhook.body.utf8)
        == PublishedWebhook.signature)
  }

  // As the reference libraries test it, and more.
  private static let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
  private static let code = String(PublishedWebhook.signature.dropFirst("v1,".count))
  private static let signatures: [(String, Bool)] = [
    ("v1,\(code)", true), (wrong, false),
    ("\(wrong) \(wrong.replacing("v1", with: "v2")) v1,\(code) \(wrong)", true),
    ("v1a,AAAA v1,\(code)", true),
    ("v1,\(code)  v9", true), ("v1,\(code.prefix(5))", false), ("v1,", false), ("", false), (" ", false),
    (",", false), (code, false), ("v1a,\(code)", false), ("v2,\(code)", false), ("V1,\(code)", false),
    (",\(code)", false), ("v1,\(code.dropLast())", false), ("v1,\(code)AAAA", false),
    ("v1,\(code.lowercased())", false), ("v1,\(code),v1,\(code)", false),
  ]

  @Test(arguments: signatures)
  func `one right signature of version 1 is enough, and nothing else is`(
    signatures: String, isRight: Bool
  ) throws {
    let secret = try #require(WebhookSecret(PublishedWebhook.secret))
    #expect(
      secret.accepts(
        signatures, id: PublishedWebhook.id, timestamp: PublishedWebhook.timestamp,
        body: PublishedWebhook.body.utf8) == isRight)
  }

  @Test func `what is signed is the id, the time and every byte of the body`() throws {
    let secret = try #require(WebhookSecret(PublishedWebhook.secret))
    func accepts(
      id: String = PublishedWebhook.id, timestamp: String = PublishedWebhook.timestamp,
      body: String = PublishedWebhook.body
    ) -> Bool {
      secret.accepts(PublishedWebhook.signature, id: id, timestamp: timestamp, body: body.utf8)
    }
    #expect(accepts())
    #expect(!accepts(id: PublishedWebhook.id + "x"))
    #expect(!accepts(id: ""))
    #expect(!accepts(timestamp: "1614265331"))
    #expect(!accepts(timestamp: "01614265330"))
    #expect(!accepts(body: PublishedWebhook.body + " "))
    #expect(!accepts(body: PublishedWebhook.body.replacing(" ", with: "")))
    #expect(!accepts(body: ""))
  }

  @Test(arguments: [
    (24, true), (32, true), (64, true), (0, false), (23, false), (65, false),
  ])
  func `a secret has 24 to 64 bytes`(count: Int, isOne: Bool) {
    let base64 = Data(repeating: 0xA5, count: count).base64EncodedString()
    #expect((WebhookSecret("whsec_\(base64)") != nil) == isOne)
    #expect(WebhookSecret(base64) == nil)
    #expect(WebhookSecret("whsk_\(base64)") == nil)
    #expect(WebhookSecret("whsec_\(base64)!") == nil)
  }

  @Test func `a signed event is taken in, and the same message again is no second one`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let issued = try await caller.addSource(kind: "webhook")
      #expect(issued.secret.hasPrefix("whsec_"))
      #expect(issued.source.credentials.map(\.kind) == ["webhook"])
      for _ in 0..<3 {
        let answer = try await caller.sign(event("e1"), issued.secret, at: clock.now)
        #expect(answer.status == .accepted)
        #expect(try answer.json() == ReadReceipt(id: "e1", status: "RECEIVED"))
      }
      // Tried again later by its source: another time, another signature, the same event.
      clock.pass(.seconds(3600))
      #expect(try await caller.sign(event("e1"), issued.secret, at: clock.now).status == .accepted)
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
      #expect(try await caller.story("e1").source == "shop")
    }
  }

  @Test func `the published message is proven with its secret, and is then no event`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      _ = try await caller.addSource(kind: "webhook")
      try await bench.store.write { work in
        try work.database.execute(
          sql: "UPDATE source_credentials SET secret = ?", arguments: [PublishedWebhook.secret])
      }
      // Another source, so that the directory is read again.
      _ = try await caller.addSource("till")
      let headers: HTTPFields = [
        .webhookID: PublishedWebhook.id, .webhookTimestamp: PublishedWebhook.timestamp,
        .webhookSignature: PublishedWebhook.signature,
      ]
      let answer = try await caller.hand(Array(PublishedWebhook.body.utf8), headers)
      #expect(answer.status == .unprocessableContent)
      #expect(try await caller.lastRejection().source == "shop")
      #expect(try await caller.lastRejection().raw == PublishedWebhook.body)
    }
  }

  @Test(arguments: [
    (Duration.seconds(300), 202), (.milliseconds(300_001), 401), (.seconds(-300), 202),
    (.milliseconds(-300_001), 401), (.zero, 202), (.days(365), 401), (.days(-365), 401),
  ])
  func `a clock may be wrong by five minutes`(late: Duration, status: Int) async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let secret = try await caller.addSource(kind: "webhook").secret
      let sent = clock.now
      clock.pass(late)
      let answer = try await caller.sign(event("e1"), secret, at: sent)
      #expect(answer.status.code == status)
      if status == 401 {
        #expect(answer.problem == "signature-refused")
        #expect(answer.text.contains(late > .zero ? "ago" : "ahead"))
      }
      #expect(try await bench.rows() == (status == 202 ? Rows(events: 1, outbox: 1) : Rows()))
    }
  }

  @Test(arguments: [
    "", "now", "1614265330.5", "1614265330000", "-1", "0x6037BD32", " ", "9223372036854775808", "1e9",
    "2021-02-25T15:02:10Z",
  ])
  func `a time that is none is refused before anything else`(timestamp: String) async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let secret = try #require(WebhookSecret(try await caller.addSource(kind: "webhook").secret))
      let headers: HTTPFields = [
        .webhookID: "msg_1", .webhookTimestamp: timestamp,
        .webhookSignature: secret.sign(id: "msg_1", timestamp: timestamp, body: try event("e1").utf8),
      ]
      let answer = try await caller.hand(Array(try event("e1").utf8), headers)
      #expect(answer.problem == "signature-refused")
      #expect(answer.text.contains("webhook-timestamp"))
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
  func `without one of the three headers it is 401`(header: String) async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let secret = try await caller.addSource(kind: "webhook").secret
      let answer = try await caller.sign(event("e1"), secret, at: clock.now, with: [header: nil])
      #expect(answer.status == .unauthorized)
      #expect(answer.problem == (header == "webhook-signature" ? "source-unknown" : "signature-refused"))
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test func `a wrong signature is 401, even beside a right key`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let secret = try await caller.addSource(kind: "webhook").secret
      let key = try await caller.addSource("till").secret
      let foreign = WebhookSecret.generate()
      let forged = try await caller.sign(event("e1"), foreign, at: clock.now)
      #expect(forged.problem == "signature-refused")
      let besides = try await caller.sign(
        event("e1"), foreign, at: clock.now, with: ["authorization": "Bearer \(key)"])
      #expect(besides.problem == "signature-refused")
      let changed = try await caller.sign(event("e1"), secret, at: clock.now, with: ["webhook-id": "msg_2"])
      #expect(changed.problem == "signature-refused")
      // A secret is no key.
      #expect(try await caller.hand(event("e1"), key: secret).problem == "source-unknown")
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test func `several secrets count while one takes over, each of its own source`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let old = try await caller.addSource(kind: "webhook").secret
      let other = try await caller.addSource("till", brand: "other", kind: "webhook").secret
      let rotated = try await caller.send(.post, "/sources/shop/rotate", #"{"overlapSeconds":60}"#)
      let issued: ReadIssued = try rotated.json()
      #expect(issued.source.credentials.map(\.kind) == ["webhook", "webhook"])
      for (id, secret) in [("e1", old), ("e2", issued.secret), ("e3", other)] {
        #expect(try await caller.sign(event(id), secret, at: clock.now).status == .accepted)
      }
      #expect(try await caller.story("e2").source == "shop")
      #expect(try await caller.story("e3").source == "till")
      clock.pass(.seconds(60))
      #expect(try await caller.sign(event("e4"), old, at: clock.now).problem == "signature-refused")
      #expect(try await caller.sign(event("e4"), issued.secret, at: clock.now).status == .accepted)
    }
  }

  @Test func `a source may go from a key to signatures, and is disabled with either`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let rotated = try await caller.send(.post, "/sources/shop/rotate", #"{"kind":"webhook"}"#)
      let secret = try rotated.json(ReadIssued.self).secret
      #expect(try await caller.hand(event("e1"), key: key).status == .accepted)
      #expect(try await caller.sign(event("e2"), secret, at: clock.now).status == .accepted)
      _ = try await caller.send(.post, "/sources/shop/disable", "")
      #expect(try await caller.hand(event("e3"), key: key).problem == "source-disabled")
      #expect(try await caller.sign(event("e3"), secret, at: clock.now).problem == "source-disabled")
      _ = try await caller.send(.post, "/sources/shop/enable", "")
      let again = try await caller.send(.post, "/sources/shop/rotate", "{}")
      #expect(try again.json(ReadIssued.self).secret.hasPrefix("whsec_"))
    }
  }

  @Test func `a batch is signed as a whole`() async throws {
    let bench = try gateway()
    try await bench.serving { caller in
      let secret = try await caller.addSource(kind: "webhook").secret
      let batch = "[\(try event("e1")),\(try event("e2"))]"
      let answer = try await caller.sign(batch, secret, at: clock.now, to: "/events/batch")
      #expect(try answer.json(ReadBatch.self).accepted == 2)
    }
  }
}
