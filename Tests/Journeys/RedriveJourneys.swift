import Foundation
import Kafka
import Logging
import NIOHTTP1
import Testing

@Suite("Redriving dead letters", .serialized, .timeLimit(.minutes(5)))
struct RedriveJourneys {
  @Test func `killed in the middle, a redrive goes on at the next start, and takes no letter twice`()
    async throws
  {
    let stack = try Stack()
    let doomed = try await stack.start()
    let producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: stack.broker), logger: Logger(label: "test"))
    let records = (0..<6).map {
      ProducerRecord(topic: "workflow.created", key: Array("k\($0)".utf8), value: Array("not json".utf8))
    }
    for result in await producer.send(records) { _ = try result.get() }
    await producer.close()
    try await stack.until("they are dead letters") {
      try await stack.send(.GET, "delivery", "/dead-letters").items.count == 6
    }
    let begun = try await stack.send(
      .POST, "delivery", "/dead-letters/redrive",
      json: """
        {"filter": {"kind": "message"}, "why": "to see it survive", "perSecond": 2, "stopOnSameFailure": false}
        """)
    #expect(begun.status == 202)
    let path = "/dead-letters/redrives/\(try #require(begun["id"]))"
    try await stack.until("two are redriven") { try await redriven(path, stack) >= 2 }
    doomed.signal(SIGKILL)
    _ = await doomed.exit()

    let unfinished = try Peek.count(
      stack.folder + "/delivery.sqlite",
      "SELECT count(*) FROM redrives WHERE state = 'RUNNING' AND redriven < 6")
    #expect(unfinished == 1)
    try await stack.start()
    try await stack.until("it is over") {
      try await stack.send(.GET, "delivery", path)["state"] == "FINISHED"
    }
    #expect(try await redriven(path, stack) == 6)
    let settled = try await stack.send(.GET, "delivery", "/dead-letters?state=redriven").items
    let places = settled.compactMap { $0["offset"].map { "\($0)" } }
    let partitions = settled.compactMap { $0["partition"].map { "\($0)" } }
    #expect(Set(zip(partitions, places).map { "\($0)/\($1)" }).count == 6)
    #expect(settled.count == 6)
  }

  private func redriven(_ path: String, _ stack: Stack) async throws -> Int {
    let body = try await stack.send(.GET, "delivery", path).body
    let redrive = try JSONSerialization.jsonObject(with: body) as? [String: Any]
    return redrive?["redriven"] as? Int ?? 0
  }
}
