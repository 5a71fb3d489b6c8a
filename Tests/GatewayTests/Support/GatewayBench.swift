import Contracts
import Foundation
import HTTPAPI
import Hosting
import Messaging
import ServiceTesting
import Storage
import Testing

@testable import Gateway

extension ServiceBench {
  /// The gateway. Nothing listens where its target should be, and what failed once is left alone for long.
  static func gateway(
    _ settings: [String: String] = [:], folder: String? = nil, onTheWire: Bool = false,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws -> ServiceBench {
    let far = [
      "GATEWAY_TARGET_URL": "http://127.0.0.1:1/graphql", "GATEWAY_RETRY_FIRST_MS": "3600000",
      "GATEWAY_RETRY_MAX_MS": "3600000",
    ]
    return try ServiceBench(
      scopes: [
        "events:read", "sources:read", "sources:write", "dead-letters:read", "dead-letters:write",
      ], settings: far.merging(settings) { $1 }, folder: folder, onTheWire: onTheWire, clock: clock,
      GatewayService.host)
  }

  /// What was told about events so far, of one type.
  func told<Fact: Event>(_ type: Fact.Type) async throws -> [Fact] {
    try await published().filter { $0.type == Fact.name }.map { try $0.decode() }
  }

  /// How many rows there are of all that an event, or what is none, can lead to.
  func rows() async throws -> Rows {
    Rows(
      events: try await count("SELECT count(*) FROM events"),
      steps: try await count("SELECT count(*) FROM event_steps"),
      rejected: try await count("SELECT count(*) FROM rejected"),
      outbox: try await count("SELECT count(*) FROM outbox"))
  }

  /// An event in the store as if it had come in, and without its job, so that nothing delivers it.
  func keep(
    _ id: String, source: String = "shop", name: String = "order", body: String = "b",
    status: EventStatus = .queued, receivedAt: Timestamp? = nil
  ) async throws {
    let isNew = try await store.write { work in
      try work.receive(
        SourceEvent(id: SourceEventID(id), name: name, body: body, timestamp: "t"), of: source, brand: "acme",
        status: status, receivedAt: receivedAt ?? work.now, trace: nil)
    }
    try #require(isNew)
  }

  func event(_ id: String) async throws -> GatewayEvent {
    let found = try await store.read { try GatewayEvent.find(SourceEventID(id), in: $0) }
    return try #require(found)
  }
}

struct Rows: Hashable {
  var events = 0
  var steps = 0
  var rejected = 0
  var outbox = 0
}
