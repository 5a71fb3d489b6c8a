import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Operators say who may hand events over, and see a secret once.
@Suite struct ManagingSources {
  private func rotate(
    _ caller: Caller, _ name: String = "shop", _ body: String = "{}"
  ) async throws -> ReadIssued {
    let answer = try await caller.send(.post, "/sources/\(name)/rotate", body)
    try #require(answer.status == .ok, "\(answer.text)")
    return try answer.json()
  }

  private func sources(_ caller: Caller) async throws -> [ReadSource] {
    try await caller.get("/sources").json(ReadPage<ReadSource>.self).items
  }

  private func status(_ caller: Caller, _ key: String) async throws -> UInt {
    UInt(try await caller.hand(event(UUID().uuidString), key: key).status.code)
  }

  @Test func `a new installation has the source demo, without a key`() async throws {
    let bench = try ServiceBench.gateway(onTheWire: true)
    try await bench.running { caller in
      _ = await bench.address()
      let all = try await sources(caller)
      #expect(all.map(\.id) == ["demo"])
      #expect(all.map(\.brand) == ["testBrand"])
      #expect(all.first?.credentials.isEmpty == true)
      #expect(all.first?.isDisabled == false)
      let key = try await rotate(caller, "demo").secret
      #expect(try await status(caller, key) == 202)
    }
  }

  @Test func `an installation that has sources gets none of itself`() async throws {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = try ServiceBench.gateway(folder: folder)
    try await first.serving { caller in _ = try await caller.addSource() }
    try await first.store.close()
    let bench = try ServiceBench.gateway(folder: folder, onTheWire: true)
    try await bench.running { caller in
      _ = await bench.address()
      let all = try await sources(caller)
      #expect(all.map(\.id) == ["shop"])
    }
  }

  @Test func `a key is shown once, when it is made, and never in a list`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/sources", #"{"name":"shop","brand":"acme"}"#)
      #expect(answer.status == .created)
      #expect(answer.headers[.location] == "/sources/shop")
      let issued: ReadIssued = try answer.json()
      #expect(issued.source.id == "shop")
      #expect(issued.source.brand == "acme")
      #expect(issued.source.credentials.map(\.kind) == ["key"])
      #expect(issued.secret.hasPrefix("wbk_"))
      #expect(issued.secret.utf8.count >= 43)
      #expect(try await status(caller, issued.secret) == 202)
      let list = try await caller.get("/sources")
      #expect(!list.text.contains(issued.secret))
      #expect(!list.text.contains(issued.secret.dropFirst(4)))
      #expect(try await caller.addSource("till").secret != issued.secret)
    }
  }

  @Test func `a key that was asked for with an Idempotency-Key is not remembered`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let body = #"{"name":"shop","brand":"acme"}"#
      let first = try await caller.send(.post, "/sources", body, key: "k")
      #expect(first.status == .created)
      #expect(try await caller.send(.post, "/sources", body, key: "k").problem == "source-exists")
      #expect(try await bench.count("SELECT count(*) FROM idempotency") == 0)
    }
  }

  @Test(arguments: ["a", "shop-1.de_x", String(repeating: "n", count: 64)])
  func `a name may be of these`(name: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource(name, brand: "Ünï 😀").secret
      #expect(try await status(caller, key) == 202)
      #expect(try await sources(caller).map(\.brand) == ["Ünï 😀"])
    }
  }

  @Test(arguments: [
    (#"{"name":"","brand":"b"}"#, "/name"), (#"{"name":"Shop","brand":"b"}"#, "/name"),
    (#"{"name":"a b","brand":"b"}"#, "/name"), (#"{"name":"a/b","brand":"b"}"#, "/name"),
    (#"{"name":"é","brand":"b"}"#, "/name"),
    (#"{"name":"\#(String(repeating: "n", count: 65))","brand":"b"}"#, "/name"),
    (#"{"name":7,"brand":"b"}"#, "/name"), (#"{"brand":"b"}"#, "/name"),
    (#"{"name":"a","brand":""}"#, "/brand"), (#"{"name":"a","brand":" \n"}"#, "/brand"),
    (#"{"name":"a","brand":"\#(String(repeating: "b", count: 101))"}"#, "/brand"),
    (#"{"name":"a"}"#, "/brand"),
    (#"{"name":"a","brand":"b","kind":"password"}"#, "/kind"),
  ])
  func `what breaks a rule of sources is refused by its place`(body: String, place: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/sources", body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(place)")
      #expect(try await sources(caller).isEmpty)
    }
  }

  @Test func `a name that is taken stays with its source and its key`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.send(.post, "/sources", #"{"name":"shop","brand":"other"}"#)
      #expect(answer.status == .conflict)
      #expect(answer.problem == "source-exists")
      #expect(try await sources(caller).map(\.brand) == ["acme"])
      #expect(try await status(caller, key) == 202)
    }
  }

  @Test func `an old key goes on for the overlap, and not a moment longer`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      let old = try await caller.addSource().secret
      let issued = try await rotate(caller, "shop", #"{"overlapSeconds":60}"#)
      #expect(issued.secret != old)
      #expect(issued.source.credentials.map(\.expiresAt) == [clock.now + .seconds(60), nil])
      #expect(try await status(caller, old) == 202)
      #expect(try await status(caller, issued.secret) == 202)
      clock.pass(.milliseconds(59_999))
      #expect(try await status(caller, old) == 202)
      clock.pass(.milliseconds(1))
      #expect(try await status(caller, old) == 401)
      #expect(try await status(caller, issued.secret) == 202)
      #expect(try await sources(caller).first?.credentials.map(\.expiresAt) == [nil])
    }
  }

  @Test func `without being told otherwise the overlap is a day`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      _ = try await caller.addSource()
      let issued = try await rotate(caller)
      #expect(issued.source.credentials.map(\.expiresAt) == [clock.now + .days(1), nil])
    }
  }

  @Test func `an overlap of 0 cuts every old key off at once`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let first = try await caller.addSource().secret
      let second = try await rotate(caller).secret
      let third = try await rotate(caller, "shop", #"{"overlapSeconds":0}"#).secret
      #expect(try await status(caller, first) == 401)
      #expect(try await status(caller, second) == 401)
      #expect(try await status(caller, third) == 202)
      #expect(try await sources(caller).first?.credentials.count == 1)
    }
  }

  @Test func `a second rotation never lets an older key live longer`() async throws {
    let clock = TestClock()
    let bench = try ServiceBench.gateway(clock: { clock.now })
    try await bench.serving { caller in
      let first = try await caller.addSource().secret
      let second = try await rotate(caller, "shop", #"{"overlapSeconds":10}"#).secret
      _ = try await rotate(caller, "shop", #"{"overlapSeconds":1000}"#)
      clock.pass(.seconds(10))
      #expect(try await status(caller, first) == 401)
      #expect(try await status(caller, second) == 202)
    }
  }

  @Test func `the simulator's key of the new installation is one, whatever becomes of the others`()
    async throws
  {
    let bench = try ServiceBench.gateway()
    let first = try await GatewayService.makeKey(forSimulatorIn: bench.host)
    let second = try await GatewayService.makeKey(forSimulatorIn: bench.host)
    try await bench.serving { caller in
      #expect(try await status(caller, first) == 401)
      #expect(try await status(caller, second) == 202)
      let key = try await rotate(caller, "demo", #"{"overlapSeconds":0}"#).secret
      #expect(try await status(caller, key) == 202)
      #expect(try await status(caller, second) == 202)
      let told = try await caller.get("/sources").text
      #expect(!told.contains(first) && !told.contains(second))
    }
  }

  @Test(arguments: [-1, 90 * 86_400 + 1])
  func `an overlap out of its range is refused`(seconds: Int) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.send(
        .post, "/sources/shop/rotate", #"{"overlapSeconds":\#(seconds)}"#)
      #expect(answer.problem == "invalid-request /overlapSeconds")
      #expect(try await sources(caller).first?.credentials.count == 1)
      #expect(try await status(caller, key) == 202)
    }
  }

  @Test func `a disabled source is refused until it is enabled again, and gets no new key`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.send(.post, "/sources/shop/disable", "")
      #expect(answer.status == .ok)
      #expect(try answer.json(ReadSource.self).isDisabled)
      let refused = try await caller.hand(event("e1"), key: key)
      #expect(refused.status == .forbidden)
      #expect(refused.problem == "source-disabled")
      #expect(try await caller.send(.post, "/sources/shop/rotate", "{}").problem == "source-disabled")
      #expect(try await bench.rows() == Rows())
      let enabled = try await caller.send(.post, "/sources/shop/enable", "")
      #expect(try enabled.json(ReadSource.self).isDisabled == false)
      #expect(try await status(caller, key) == 202)
    }
  }

  @Test(arguments: ["rotate", "disable", "enable"])
  func `what is done to a source that is not there is not found`(verb: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/sources/none/\(verb)", "{}")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
    }
  }

  @Test func `are listed by their names, page by page`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      for name in ["c", "a", "e", "b", "d"] { _ = try await caller.addSource(name) }
      var seen: [String] = []
      var cursor: String? = ""
      while let next = cursor {
        let page: ReadPage<ReadSource> = try await caller.get(
          "/sources?limit=2" + (next.isEmpty ? "" : "&cursor=\(next)")
        ).json()
        seen += page.items.map(\.id)
        cursor = page.next
      }
      #expect(seen == ["a", "b", "c", "d", "e"])
    }
  }

  @Test(arguments: [
    ("GET", "/sources", "sources:read"), ("POST", "/sources", "sources:write"),
    ("POST", "/sources/shop/rotate", "sources:write"), ("POST", "/sources/shop/disable", "sources:write"),
    ("POST", "/sources/shop/enable", "sources:write"), ("GET", "/events", "events:read"),
    ("GET", "/events/e1", "events:read"), ("GET", "/events/stream", "events:read"),
    ("GET", "/rejections", "events:read"), ("GET", "/rejections/r1", "events:read"),
    ("GET", "/targets", "events:read"),
  ])
  func `whoever has not the scope is refused, and a source's key is no token`(
    method: String, path: String, scope: String
  ) async throws {
    let bench = try ServiceBench.gateway()
    let all: Set<Scope> = ["events:read", "sources:read", "sources:write", "dead-letters:read"]
    let without = try await bench.token("eve", scopes: all.filter { $0.rawValue != scope })
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let verb = try #require(HTTPRequest.Method(rawValue: method))
      let refused = try await caller.send(verb, path, "{}", token: without)
      #expect(refused.problem == "insufficient-scope")
      #expect(refused.headers[.wwwAuthenticate]?.contains(#"scope="\#(scope)""#) == true)
      #expect(try await caller.send(verb, path, "{}", token: "").problem == "token-missing")
      #expect(try await caller.send(verb, path, "{}", token: key).problem == "token-invalid")
      #expect(try await sources(caller).map(\.isDisabled) == [false])
    }
  }
}
