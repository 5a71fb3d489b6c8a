import Foundation
import Kafka
import Testing

/// A store that is not where it should be is an error, not a fresh start.
@Suite("Starting without a store", .serialized, .timeLimit(.minutes(2)))
struct FirstBootJourneys {
  private func refused(_ stack: Stack, _ setting: String) async throws -> (status: Int32, lines: [String]) {
    let child = try ChildProcess(
      ["serve", "workflow"], stack.environment.merging(["WAYBILL_FIRST_BOOT": setting]) { $1 })
    let exit = await child.exit()
    _ = await child.line { _ in false }
    return (exit.status, child.lines)
  }

  @Test
  func `only a first boot may be empty; later ones are refused with what to do, and leave nothing behind`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try Stack(environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    let lost = try await refused(stack, "0")
    #expect(lost.status == 78)
    let sentence = try #require(lost.lines.last)
    #expect(sentence.hasPrefix("Error: The setting WAYBILL_FIRST_BOOT must be 1"))
    #expect(sentence.contains("\(stack.folder)/workflow.sqlite"))
    #expect(sentence.contains("Restore it"))
    #expect(!FileManager.default.fileExists(atPath: "\(stack.folder)/workflow.sqlite"))

    let first = try await stack.start("serve", "workflow", with: ["WAYBILL_FIRST_BOOT": "1"])
    first.signal(SIGTERM)
    #expect(await first.exit().status == 0)
    let second = try await stack.start("serve", "workflow", with: ["WAYBILL_FIRST_BOOT": "0"])
    second.signal(SIGTERM)
    #expect(await second.exit().status == 0)
  }

  @Test func `a file without anything in it is no store, and a setting that is no answer is told`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try Stack(environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    try Data().write(to: URL(fileURLWithPath: "\(stack.folder)/workflow.sqlite"))
    #expect(try await refused(stack, "0").status == 78)
    let wrong = try await refused(stack, "maybe")
    #expect(wrong.status == 78)
    #expect(wrong.lines.last?.contains("WAYBILL_FIRST_BOOT") == true)
    #expect(wrong.lines.contains { $0.contains("maybe") } == false)
  }
}
