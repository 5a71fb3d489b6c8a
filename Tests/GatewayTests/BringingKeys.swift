import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// A source is known to several instances by one key: made by one, and brought to the others.
@Suite struct BringingKeys {
  private func body(_ name: String, secret: String, kind: String = "key") -> String {
    #"{"name":"\#(name)","brand":"b","kind":"\#(kind)","secret":"\#(secret)"}"#
  }

  @Test func `a key or secret that one instance made counts at another`() async throws {
    let (one, other) = (try ServiceBench.gateway(), try ServiceBench.gateway())
    try await one.serving { first in
      let key = try await first.addSource().secret
      let secret = try await first.addSource("hook", kind: "webhook").secret
      try await other.serving { second in
        let status1 = try await second.hand(event("e1"), key: key).status
        #expect(status1 == .unauthorized)
        let status2 = try await second.send(.post, "/sources", body("shop", secret: key)).status
        #expect(status2 == .created)
        #expect(
          try await second.send(.post, "/sources", body("hook", secret: secret, kind: "webhook")).status
            == .created)
        let status3 = try await second.hand(event("e1"), key: key).status
        #expect(status3 == .accepted)
        let status4 = try await second.sign(event("e2"), secret, at: .now).status
        #expect(status4 == .accepted)
      }
    }
  }

  @Test func `so does one that it is given at a rotation, beside the one before`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let old = try await caller.addSource().secret
      let brought = SourceKey.generate()
      let answer = try await caller.send(.post, "/sources/shop/rotate", #"{"secret":"\#(brought)"}"#)
      #expect(answer.status == .ok)
      for (number, key) in [old, brought].enumerated() {
        let status5 = try await caller.hand(event("e\(number)"), key: key).status
        #expect(status5 == .accepted)
      }
    }
  }

  @Test(arguments: [
    ("key", "short"), ("key", String(repeating: "x", count: 201)),
    ("key", "with a space in it, and long enough it is"),
    ("webhook", "whsec_c2hvcnQ="), ("webhook", "wbk_0123456789012345678901234567890123456789"),
  ])
  func `a weak one is refused, and nothing is changed`(kind: String, secret: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let answer = try await caller.send(.post, "/sources", body("shop", secret: secret, kind: kind))
      #expect(answer.problem == "invalid-request /secret")
      #expect(try await bench.count("SELECT count(*) FROM sources WHERE id = 'shop'") == 0)
    }
  }

  @Test func `a key belongs to one source`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.send(.post, "/sources", body("till", secret: key))
      #expect(answer.status == .conflict)
      #expect(!answer.text.contains(key))
      #expect(try await bench.count("SELECT count(*) FROM sources WHERE id = 'till'") == 0)
    }
  }

  @Test func `it can be brought while the gateway does not run`() async throws {
    let bench = try ServiceBench.gateway()
    let key = SourceKey.generate()
    try await bench.store.close()
    let sources = try LocalSources(dataFolder: bench.folder)
    let shown = try await sources.add("shop", brand: "b", isWebhook: false, given: key)
    try await sources.close()
    #expect(shown == key)
    let again = try ServiceBench.gateway(folder: bench.folder)
    try await again.serving { caller in
      let answer = try await caller.hand(event("e1"), key: key)
      #expect(answer.status == .accepted)
    }
  }
}
