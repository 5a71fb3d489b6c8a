import Foundation
import GRDB
import Kafka
import NIOHTTP1
import Testing

/// A file is copied while its service runs, and put back when what came after is lost.
@Suite("Putting a backup back", .serialized, .timeLimit(.minutes(5)))
struct BackupJourneys {
  enum Way: String, CaseIterable, Sendable {
    case vacuumInto = "VACUUM INTO"
    case backup = ".backup"

    /// As an operator would do it with `sqlite3`, beside the service.
    func copy(_ file: String, to copy: String) throws {
      let source = try DatabaseQueue(path: file)
      switch self {
      case .vacuumInto:
        try source.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
      case .backup:
        let target = try DatabaseQueue(path: copy)
        try source.backup(to: target)
        try target.close()
      }
      try source.close()
    }
  }

  @Test(arguments: Way.allCases)
  func `a service goes on from it, and what it has forgotten of others' events takes effect again, once`(
    way: Way
  ) async throws {
    let broker = try BrokerTests.broker()
    let stack = try Stack(environment: [
      "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers, "KAFKA_SESSION_TIMEOUT_MS": "6000",
    ])
    let file = "\(stack.folder)/delivery.sqlite"
    let copy = "\(stack.folder)/delivery.backup"
    try await stack.start("serve", "administration")
    try await stack.start("serve", "workflow")
    let delivery = try await stack.start("serve", "delivery")
    let before = try await workflows(["A", "B", "C"], stack)
    try way.copy(file, to: copy)
    let after = try await workflows(["D", "E", "F"], stack)
    delivery.signal(SIGTERM)
    #expect(await delivery.exit().status == 0)

    for part in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file + part) {
      try FileManager.default.removeItem(atPath: file + part)
    }
    try FileManager.default.moveItem(atPath: copy, toPath: file)
    #expect(try Peek.count(file, "SELECT count(*) FROM deliveries") == 3)
    try await stack.start("serve", "delivery", with: ["WAYBILL_FIRST_BOOT": "0"])
    for workflow in before + after {
      try await stack.until("each workflow has a delivery") {
        try await stack.deliveries(of: workflow).count == 1
      }
    }
    #expect(try Peek.count(file, "SELECT count(*) FROM deliveries") == 6)
    for workflow in before {
      let id = try #require(try await stack.deliveries(of: workflow).first?["id"] as? String)
      try await stack.sendDelivery(id)
      try await stack.until("the task is done") {
        try await stack.taskState("DELIVER", of: workflow) == "DONE"
      }
    }
  }

  private func workflows(_ names: [String], _ stack: Stack) async throws -> [String] {
    var ids: [String] = []
    for name in names {
      let id = try await stack.createWorkflow(name, key: name)
      try await stack.until("\(name) has its delivery") { try await !stack.deliveries(of: id).isEmpty }
      ids.append(id)
    }
    return ids
  }
}
