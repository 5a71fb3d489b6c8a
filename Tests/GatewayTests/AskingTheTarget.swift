import Contracts
import Foundation
import Storage
import Testing

@testable import Gateway

/// One request for many events: a field with an alias for each, and its values in variables.
@Suite struct AskingTheTarget {
  private struct ReadRequest: Decodable {
    let query: String
    let variables: [String: [String: String]]
  }

  private func event(
    _ id: String, name: String = "order", body: String = "b", timestamp: String = "t", brand: String = "acme"
  ) -> GatewayEvent {
    GatewayEvent(
      seq: 1, id: SourceEventID(id), source: "shop", name: name, body: body, timestamp: timestamp,
      brand: brand,
      status: .queued, attempt: 0, reason: nil, answer: nil, runner: nil, trace: nil, receivedAt: .now,
      queuedAt: nil, firstAttemptAt: nil, nextAttemptAt: nil, updatedAt: .now, change: 1)
  }

  private func sent(_ events: [GatewayEvent]) throws -> ReadRequest {
    try JSONDecoder().decode(ReadRequest.self, from: JSONEncoder().encode(TargetRequest(events)))
  }

  @Test func `for one event it reads so`() {
    #expect(
      TargetRequest.document(1)
        == "mutation CreateEvents($e0: EventInput!) { e0: createEvent(input: $e0) { id } }")
  }

  @Test func `for three it reads so`() {
    #expect(
      TargetRequest.document(3)
        == "mutation CreateEvents($e0: EventInput!, $e1: EventInput!, $e2: EventInput!) { "
        + "e0: createEvent(input: $e0) { id } e1: createEvent(input: $e1) { id } "
        + "e2: createEvent(input: $e2) { id } }")
  }

  // The same files are checked and executed by graphql-core: scripts/check-graphql.py.
  @Test(arguments: [1, 2, 20])
  func `is the document that the reference implementation accepts`(count: Int) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Documents")
    let document = try String(contentsOf: folder.appending(path: "\(count).graphql"), encoding: .utf8)
    #expect(document == TargetRequest.document(count) + "\n")
  }

  @Test func `the values of each event are under its alias, in the order of the request`() throws {
    let request = try sent([event("a"), event("b", name: "other"), event("c", brand: "till")])
    #expect(request.query == TargetRequest.document(3))
    let usual = ["name": "order", "body": "b", "timestamp": "t", "brand": "acme"]
    #expect(
      request.variables == [
        "e0": usual.merging(["id": "a"]) { $1 }, "e1": usual.merging(["id": "b", "name": "other"]) { $1 },
        "e2": usual.merging(["id": "c", "brand": "till"]) { $1 },
      ])
  }

  @Test(arguments: [
    #""quoted" \ and 'so' /* on */ # $e0 { id }"#, "line\nend\r\n\ttab", "Ünïcödé 😀 \u{202E}", "e\u{301} é",
    "a\0b",
    "\u{7F}\u{80}\u{2028}\u{FEFF}", #"{"nested":"{\"json\":[1,2]}"}"#, "",
    #"") { id } evil: createEvent(input: ""#,
    String(repeating: "x", count: 1 << 20),
  ])
  func `values go as they are, and never into the document`(value: String) throws {
    let request = try sent([
      event(
        "id \(value)", name: "name \(value)", body: value, timestamp: "time \(value)", brand: "brand \(value)"
      ),
      event("b"),
    ])
    #expect(request.query == TargetRequest.document(2))
    let first = try #require(request.variables["e0"])
    // Byte by byte: two texts that look alike are equal to Swift.
    func bytes(_ name: String) -> [UInt8]? { first[name].map { Array($0.utf8) } }
    #expect(bytes("body") == Array(value.utf8))
    for name in ["id", "name", "brand"] { #expect(bytes(name) == Array("\(name) \(value)".utf8)) }
    #expect(bytes("timestamp") == Array("time \(value)".utf8))
  }

  @Test func `a thousand have an alias each`() throws {
    let request = try sent((0..<1000).map { event("event-\($0)") })
    #expect(request.variables.count == 1000)
    #expect(request.variables["e999"]?["id"] == "event-999")
    #expect(request.query.contains(" e999: createEvent(input: $e999) { id } }"))
  }
}
