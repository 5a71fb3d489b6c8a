import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// Whoever owns the data folder manages sources while the gateway does not run.
@Suite struct ManagingLocally {
  /// Does something in a folder of its own, with the sources of a gateway that does not run.
  private func stopped(
    in folder: String, _ body: (LocalSources) async throws -> Void
  ) async throws {
    let sources = try LocalSources(dataFolder: folder)
    try await body(sources)
    try await sources.close()
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func `what was added, rotated and disabled holds when the gateway runs`() async throws {
    try await withFolder { folder in
      var (key, old, new, secret) = ("", "", "", "")
      try await stopped(in: folder) { sources in
        key = try await sources.add("shop", brand: "acme", isWebhook: false)
        old = try await sources.add("till", brand: "b", isWebhook: false)
        new = try await sources.rotate("till", overlap: .zero)
        secret = try await sources.add("hook", brand: "h", isWebhook: true)
        _ = try await sources.add("gone", brand: "g", isWebhook: false)
        try await sources.disable("gone", true)
        let all = try await sources.list()
        #expect(all.map(\.id) == ["demo", "gone", "hook", "shop", "till"])
        #expect(all.map(\.brand) == ["testBrand", "g", "h", "acme", "b"])
        #expect(all.map(\.isDisabled) == [false, true, false, false, false])
      }
      let bench = try ServiceBench.gateway(folder: folder)
      let (shop, before, after, hook) = (key, old, new, secret)
      try await bench.serving { caller in
        let first = try await caller.hand(event("e1"), key: shop)
        #expect(first.status == .accepted)
        #expect(try await caller.hand(event("e2"), key: before).status == .unauthorized)
        #expect(try await caller.hand(event("e2"), key: after).status == .accepted)
        #expect(try await caller.sign(event("e3"), hook, at: .now).status == .accepted)
        #expect(try await caller.story("e1").brand == "acme")
      }
    }
  }

  @Test func `in an empty folder there is the source demo, which can be given a key`() async throws {
    try await withFolder { folder in
      var key = ""
      try await stopped(in: folder) { sources in
        let all = try await sources.list()
        #expect(all.map(\.id) == ["demo"])
        key = try await sources.rotate("demo", overlap: .zero)
      }
      let bench = try ServiceBench.gateway(folder: folder)
      let demo = key
      try await bench.serving { caller in
        let answer = try await caller.hand(event("e1"), key: demo)
        #expect(answer.status == .accepted)
        #expect(try await caller.story("e1").brand == "testBrand")
      }
    }
  }

  @Test func `while the gateway owns the store it says so, and changes nothing`() async throws {
    let bench = try ServiceBench.gateway()
    let error = try #require(
      throws: StoreError.self, performing: { _ = try LocalSources(dataFolder: bench.folder) })
    guard case .inUse = error else {
      Issue.record("another error: \(error)")
      return
    }
    #expect(try await bench.count("SELECT count(*) FROM sources") == 0)
    try await bench.store.close()
    try await stopped(in: bench.folder) { sources in
      let all = try await sources.list()
      #expect(all.map(\.id) == ["demo"])
    }
  }

  @Test func `and the other way round: the gateway does not start beside them`() async throws {
    try await withFolder { folder in
      try await stopped(in: folder) { _ in
        #expect(throws: StoreError.self) { try ServiceBench.gateway(folder: folder) }
      }
      _ = try ServiceBench.gateway(folder: folder)
    }
  }

  @Test(arguments: [
    ("Shop", "b", "The name must be 1 to 64 of a-z, 0-9, '-', '.' and '_'."),
    ("shop", " ", "The brand must have 1 to 100 characters."),
    ("demo", "b", "There is a source demo already. Use rotate to give it a new key."),
  ])
  func `what is wrong is said in a sentence`(name: String, brand: String, sentence: String) async throws {
    try await withFolder { folder in
      try await stopped(in: folder) { sources in
        let error = await #expect(throws: (any Error).self) {
          try await sources.add(name, brand: brand, isWebhook: false)
        }
        #expect("\(try #require(error))" == sentence)
        let all = try await sources.list()
        #expect(all.map(\.id) == ["demo"])
      }
    }
  }

  @Test func `a source that is not there, or is disabled, gets no key`() async throws {
    try await withFolder { folder in
      try await stopped(in: folder) { sources in
        let none = await #expect(throws: (any Error).self) {
          try await sources.rotate("none", overlap: .zero)
        }
        #expect("\(try #require(none))" == "There is no source none.")
        let nobody = await #expect(throws: (any Error).self) { try await sources.disable("none", true) }
        #expect("\(try #require(nobody))" == "There is no source none.")
        try await sources.disable("demo", true)
        let disabled = await #expect(throws: (any Error).self) {
          try await sources.rotate("demo", overlap: .zero)
        }
        #expect("\(try #require(disabled))" == "The source demo is disabled.")
        try await sources.disable("demo", false)
        let key = try await sources.rotate("demo", overlap: .zero)
        #expect(key.hasPrefix("wbk_"))
      }
    }
  }
}
