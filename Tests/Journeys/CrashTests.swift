import Foundation
import NIOHTTP1
import Storage
import Testing

/// `kill -9` anywhere loses nothing and doubles nothing.
@Suite("Crashing", .serialized, .timeLimit(.minutes(5)))
struct CrashTests {
  struct Point: CustomTestStringConvertible, Sendable {
    let service: String
    let place: Failpoint
    let pass: Int
    var setting: String { "\(service):\(place.rawValue):\(pass)" }
    var testDescription: String { setting }

    static let all = ["workflow", "delivery"].flatMap { service in
      Failpoint.allCases.flatMap { place in [1, 4].map { Point(service: service, place: place, pass: $0) } }
    }
  }

  @Test(arguments: Point.all)
  func `at a named point: after the restart every workflow has one delivery, every sent one its done task`(
    point: Point
  ) async throws {
    let stack = try Stack()
    let doomed = try await stack.start(with: ["WAYBILL_CRASH_AT": point.setting])
    let restarted = Task {
      let exit = await doomed.exit()
      if exit.signal == SIGKILL { try await stack.start() }
      return exit
    }
    var workflows: [String] = []
    for number in 0..<4 {
      var created: String?
      try await stack.until("workflow \(number) is accepted") {
        created = try await stack.createWorkflow("Crash \(number)", key: "crash-\(number)")
        return true
      }
      let workflow = try #require(created)
      workflows.append(workflow)
      try await stack.until("workflow \(number) has its delivery, and it is sent") {
        guard let id = try await stack.deliveries(of: workflow).first?["id"] as? String else { return false }
        try await stack.sendDelivery(id)
        return true
      }
      try await stack.until("the DELIVER task of workflow \(number) is done") {
        try await stack.taskState("DELIVER", of: workflow) == "DONE"
      }
    }
    // A process that never got to its point is ended another way, and found out.
    doomed.signal(SIGTERM)
    let exit = try await restarted.value
    #expect(exit.signal == SIGKILL, "the process did not die at \(point.setting)")
    #expect(Set(workflows).count == 4)
    for workflow in workflows {
      #expect(try await stack.deliveries(of: workflow).count == 1)
    }
    let all = try await stack.send(.GET, "delivery", "/api/delivery/deliveries?limit=100").items
    #expect(all.count == 4)
    let letters = try await stack.run("dead-letters", "list").lines
    #expect(letters.last == "There are no dead letters.")
  }

  @Test func `killed again and again under load: every 201 has its one delivery`() async throws {
    let stack = try Stack()
    var accepted: Set<String> = []
    for round in 0..<4 {
      let child = try await stack.start()
      accepted.formUnion(
        await withTaskGroup(of: [String].self) { group in
          for client in 0..<4 {
            group.addTask {
              var ids: [String] = []
              while let id = try? await stack.createWorkflow("Load", key: UUID().uuidString) {
                ids.append(id)
                if client == 0, ids.count == 40 * (round + 1) { child.signal(SIGKILL) }
              }
              return ids
            }
          }
          return await group.reduce(into: []) { $0 += $1 }
        })
      #expect(await child.exit().signal == SIGKILL)
    }
    try await stack.start()
    try await expectOneDeliveryEach(accepted, stack)
  }

  @Test func `told to stop under load: gone before a container is killed, with nothing lost`() async throws {
    let stack = try Stack()
    let child = try await stack.start()
    let accepted = await withTaskGroup(of: [String].self) { group in
      for client in 0..<8 {
        group.addTask {
          var ids: [String] = []
          while let id = try? await stack.createWorkflow("Load", key: UUID().uuidString) {
            ids.append(id)
            if client == 0, ids.count == 50 { child.signal(SIGTERM) }
          }
          return ids
        }
      }
      group.addTask {
        _ = await child.line { $0.contains("stopping") }
        let asked = ContinuousClock.now
        let exit = await child.exit()
        #expect(ContinuousClock.now - asked < .seconds(10))
        #expect(exit == ChildProcess.Exit(status: 0, signal: nil))
        return []
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(accepted.count > 50)
    try await stack.start()
    try await expectOneDeliveryEach(Set(accepted), stack)
  }

  /// Each accepted workflow has exactly one delivery, and no delivery stands for none.
  func expectOneDeliveryEach(_ workflows: Set<String>, _ stack: Stack) async throws {
    func all() async throws -> [String] {
      var ids: [String] = []
      var cursor: String?
      repeat {
        let answer = try await stack.send(
          .GET, "delivery", "/api/delivery/deliveries?limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""))
        ids += answer.items.compactMap { $0["workflowId"] as? String }
        cursor = answer["next"]
      } while cursor != nil
      return ids
    }
    try await stack.until("every workflow has a delivery") { try await workflows.isSubset(of: all()) }
    let ids = try await all()
    #expect(ids.count == Set(ids).count)
  }
}
