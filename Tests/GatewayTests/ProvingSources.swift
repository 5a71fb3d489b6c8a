import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Nobody hands anything over who does not prove which source he is.
@Suite struct ProvingSources {
  @Test(arguments: [
    nil, "", "Bearer", "Bearer ", "Basic d2F5OmJpbGw=", "wbk_x", "Token KEY", "KEY",
  ])
  func `without a key it is 401, with how to ask`(authorization: String?) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      var headers: HTTPFields = [:]
      headers[.authorization] = authorization?.replacing("KEY", with: key)
      for path in ["/events", "/events/batch"] {
        let answer = try await caller.hand(Array(try event("e1").utf8), headers, to: path)
        #expect(answer.status == .unauthorized)
        #expect(answer.problem == "source-unknown")
        #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="waybill""#)
      }
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test func `an unknown key is 401, and nothing of what it brought is kept`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let strange = [
        "wbk_unknown", key + "x", String(key.dropLast()), key.uppercased(), " \(key)", "\(key) \(key)",
        String(key.dropFirst(4)), caller.token,
      ]
      for wrong in strange {
        for body in [try event("e1"), "no event", String(repeating: "x", count: (1 << 20) + 1)] {
          let answer = try await caller.hand(body, key: wrong)
          #expect(answer.status == .unauthorized)
          #expect(answer.problem == "source-unknown")
          #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
          #expect(!answer.text.contains(wrong))
        }
      }
      #expect(try await bench.rows() == Rows())
    }
  }

  @Test(arguments: ["Bearer", "bearer", "BEARER"])
  func `the scheme counts in any case`(scheme: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(Array(try event("e1").utf8), [.authorization: "\(scheme) \(key)"])
      #expect(answer.status == .accepted)
    }
  }

  @Test func `a key hands over for its own source only`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let (one, two) = (try await caller.addSource(), try await caller.addSource("till", brand: "other"))
      _ = try await caller.hand(event("e1"), key: one.secret)
      _ = try await caller.hand(event("e2"), key: two.secret)
      #expect(try await caller.story("e1").source == "shop")
      #expect(try await caller.story("e2").source == "till")
      _ = try await caller.send(.post, "/sources/shop/disable", "")
      #expect(try await caller.hand(event("e3"), key: one.secret).status == .forbidden)
      #expect(try await caller.hand(event("e3"), key: two.secret).status == .accepted)
    }
  }

  @Test func `what it is called in the body's type does not matter`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      for (number, type) in ["text/plain", "application/json; charset=utf-8", "x"].enumerated() {
        let headers: HTTPFields = [.authorization: "Bearer \(key)", .contentType: type]
        let answer = try await caller.hand(Array(try event("e\(number)").utf8), headers)
        #expect(answer.status == .accepted)
      }
    }
  }

  @Test func `keys outlive the service`() async throws {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let key = Box<String>()
    let first = try ServiceBench.gateway(folder: folder)
    try await first.serving { caller in key.value = try await caller.addSource().secret }
    try await first.store.close()
    let bench = try ServiceBench.gateway(folder: folder)
    try await bench.serving { caller in
      let answer = try await caller.hand(event("e1"), key: try #require(key.value))
      #expect(answer.status == .accepted)
    }
  }
}
