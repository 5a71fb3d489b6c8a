import Foundation
import Hosting

/// System 4: a source that calls once for each event, much faster than the target takes them, with an outage in the
/// middle: and every event is at the target once, and its story can be read.
struct GatewayStory {
  private struct Sent: Decodable {
    let sent: Int
    let accepted: Int
    let lost: Int
    let pending: Int
    let latencyMs: [String: Double]?
  }

  private struct Received: Decodable {
    struct Event: Decodable {
      let id: String
      let brand: String
      let times: Int
    }
    let events: [Event]
    let next: Int?
  }

  private struct Targets: Decodable {
    struct Target: Decodable {
      struct Rate: Decodable {
        let allowed: Double
        let used: Double
      }
      struct Breaker: Decodable {
        let state: String
      }
      let backlog: Int
      let rate: Rate
      let breaker: Breaker
      let oldestUndeliveredSeconds: Double?
    }
    let items: [Target]
  }

  fileprivate struct Story: Decodable {
    struct Step: Decodable {
      let at: String
      let step: String
    }
    let status: String
    let steps: [Step]
    let traceId: String?
  }

  private static let outageSeconds = 5

  /// How many events are sent.
  let count: Int
  let client: APIClient
  let gateway: ServiceCatalog.Entry
  let source: String
  let target: String

  init(_ program: Program, _ client: APIClient, events count: Int) throws {
    self.count = count
    guard let gateway = ServiceCatalog.entry("gateway") else {
      throw Complaint("This program has no gateway.")
    }
    self.client = client
    self.gateway = gateway
    let host = program.host == "0.0.0.0" ? "127.0.0.1" : program.host
    source = "http://\(host):\(try program.settings.port("SOURCE_SIMULATOR_PORT", default: 8091))"
    target = "http://\(host):\(try program.settings.port("TARGET_SIMULATOR_PORT", default: 8092))"
  }

  /// What the target takes, in requests a second.
  private var targetRate: Int { max(1, count / 200) }

  func play(_ checklist: inout Checklist) async throws {
    // Twenty events in a request: ten times what the target takes.
    let eventRate = targetRate * 20 * 10
    print(
      "\nEvents: \(count) at \(eventRate) a second, for a target that takes \(targetRate) requests a second"
    )
    try await control(
      "POST", target, "/simulator/behaviour",
      #"{"rate":\#(targetRate),"burst":\#(targetRate),"latencyMs":20,"eventErrors":0.02}"#)
    let before = try await sent()
    let prefix = "demo-\(UUID().uuidString.prefix(8).lowercased())"
    let started = ContinuousClock.now
    try await control(
      "POST", source, "/simulator/send",
      #"{"count":\#(count),"rate":\#(eventRate),"prefix":"\#(prefix)"}"#)
    try await wait(60, for: "every event to be answered") {
      let now = try await sent()
      return now.sent - before.sent == count && now.pending == 0
    }
    let after = try await sent()
    let slowest =
      after.latencyMs?["max"].map { "the slowest answer took \(String(format: "%.0f", $0)) ms" } ?? ""
    checklist.note(
      "all \(count) events got their 202 within 500 ms", after.accepted - before.accepted == count,
      slowest)
    let behind = try await look()
    print("  \(behind.backlog) still to be delivered when the last was accepted")

    print("  an outage of the target: \(Self.outageSeconds) s")
    try await control(
      "POST", target, "/simulator/behaviour", #"{"outage":{"seconds":\#(Self.outageSeconds)}}"#)
    var sawOpenBreaker = false
    var line = ""
    try await wait(300, for: "the backlog to be delivered") {
      let now = try await look()
      sawOpenBreaker = sawOpenBreaker || now.breaker.state != "closed"
      let text =
        "  backlog \(now.backlog), rate \(now.rate.used) of \(now.rate.allowed), breaker \(now.breaker.state)"
      if text != line, Int.random(in: 0..<10) == 0 || now.backlog == 0 {
        line = text
        print(text)
      }
      return now.backlog == 0
    }
    let elapsed = (ContinuousClock.now - started).formatted(.units(allowed: [.seconds], width: .narrow))
    checklist.note("the circuit breaker opened while the target was away", sawOpenBreaker)
    try await compare(prefix, elapsed, &checklist)
    try await control("POST", target, "/simulator/behaviour", #"{"rate":null,"latencyMs":0,"eventErrors":0}"#)
  }

  private func compare(_ prefix: String, _ elapsed: String, _ checklist: inout Checklist) async throws {
    let received = try await received().filter { $0.id.hasPrefix(prefix + "-") }
    let expected = Set((1...count).map { "\(prefix)-\($0)" })
    checklist.note(
      "every event is at the target, exactly once",
      Set(received.map(\.id)) == expected && received.count == count,
      "\(received.count) of \(count), in \(elapsed)")
    checklist.note("each with the brand of its source", received.allSatisfy { $0.brand == "testBrand" })
    var incomplete: [String] = []
    for id in expected {
      let answer = try await client.send("GET", "/events/\(id)", to: gateway)
      guard answer.isSuccess, let story = try? answer.decode(Story.self), story.isComplete else {
        incomplete.append(id)
        continue
      }
    }
    checklist.note(
      "the story of each is complete", incomplete.isEmpty,
      incomplete.isEmpty
        ? "received, queued, delivered, with its trace" : "not that of \(incomplete.prefix(3))")
    if let id = received.last?.id {
      let story = try await client.send("GET", "/events/\(id)", to: gateway).decode(Story.self)
      print("  the story of \(id):")
      for step in story.steps { print("    \(step.at)  \(step.step)") }
    }
  }

  private func sent() async throws -> Sent {
    try await control("GET", source, "/simulator/stats").decode(Sent.self)
  }

  private func received() async throws -> [Received.Event] {
    var all: [Received.Event] = []
    var after: Int? = 0
    while let place = after {
      let page = try await control("GET", target, "/simulator/events?limit=10000&after=\(place)")
        .decode(Received.self)
      all += page.events
      after = page.next
    }
    return all
  }

  private func look() async throws -> Targets.Target {
    let answer = try await client.send("GET", "/targets", to: gateway)
    guard answer.isSuccess, let target = try answer.decode(Targets.self).items.first else {
      throw Complaint("GET /targets: \(answer.complaint)")
    }
    return target
  }

  @discardableResult
  private func control(
    _ method: String, _ address: String, _ path: String, _ json: String? = nil
  ) async throws -> APIClient.Answer {
    let answer = try await client.send(method, address + path, json: json)
    guard answer.isSuccess else { throw Complaint("\(method) \(address)\(path): \(answer.complaint)") }
    return answer
  }

  private func wait(_ seconds: Int, for what: String, _ isOver: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !isOver() {
      guard .now < deadline else { throw Complaint("Waited \(seconds) s for \(what).") }
      try await Task.sleep(for: .milliseconds(200))
    }
  }
}

extension GatewayStory.Story {
  fileprivate var isComplete: Bool {
    let steps = steps.map(\.step)
    return status == "DELIVERED" && steps.first == "RECEIVED" && steps.dropFirst().first == "QUEUED"
      && steps.last == "DELIVERED" && traceId != nil
  }
}
