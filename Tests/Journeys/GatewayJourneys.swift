import Foundation
import Kafka
import Logging
import NIOHTTP1
import Synchronization
import Testing

/// Events through processes that die, and past a broker and a target that are not there.
@Suite("Carrying events through crashes", .serialized, .timeLimit(.minutes(5)))
struct GatewayJourneys {
  private func stack(on broker: String, _ more: [String: String] = [:]) throws -> Stack {
    try Stack(
      environment: [
        "KAFKA_BOOTSTRAP_SERVERS": broker, "KAFKA_SESSION_TIMEOUT_MS": "6000",
        "KAFKA_FETCH_WAIT_MAX_MS": "1", "KAFKA_RECONNECT_BACKOFF_MAX_MS": "500",
        "GATEWAY_TARGET_RATE": "1000", "GATEWAY_TARGET_BURST": "100", "GATEWAY_RETRY_FIRST_MS": "50",
        "GATEWAY_RETRY_MAX_MS": "500",
      ].merging(more) { $1 })
  }

  @Test func `killed twenty times in the middle of ingest: every event that got its 202 is delivered, once`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try stack(on: broker.bootstrapServers)
    try await stack.start("serve", "administration")
    try await stack.start("serve", "target-simulator")
    let key = try await stack.addSource()
    let accepted = Accepted()
    for round in 0..<20 {
      let gateway = try await stack.start("serve", "gateway")
      let enough = accepted.count + 100
      await withDiscardingTaskGroup { group in
        for sender in 0..<32 {
          group.addTask {
            // Each is sent once, as a source does it; what gets no answer may be there or not.
            var number = 0
            while !gateway.hasExited {
              number += 1
              let id = "r\(round)-s\(sender)-\(number)"
              guard (try? await stack.hand(id, key: key))?.status == 202 else { continue }
              if accepted.note(id) == enough { gateway.signal(SIGKILL) }
            }
          }
        }
      }
      #expect(await gateway.exit().signal == SIGKILL)
    }
    try await stack.start("serve", "gateway")
    let all = accepted.ids
    try await stack.until("everything is delivered") { try await stack.backlog() == 0 }
    let received = try await stack.received()
    let missing = all.subtracting(received.keys)
    #expect(all.count >= 2000)
    #expect(missing.isEmpty, "\(missing.count) of \(all.count) were lost: \(missing.prefix(5))")
    let statuses = try await stack.send(.GET, "gateway", "/events?status=DELIVERED&limit=1")
    #expect(statuses.items.count == 1)
  }

  @Test func `neither broker nor target is there: still 202, and all is delivered when they come`()
    async throws
  {
    let broker = try BrokerTests.broker()
    let stack = try stack(on: broker.bootstrapServers)
    try await stack.start("serve", "administration")
    let key = try await stack.addSource()
    broker.takeDown()
    try await stack.start("serve", "gateway")
    for number in 0..<50 {
      #expect(try await stack.hand("e\(number)", key: key).status == 202)
    }
    #expect(try await stack.send(.GET, "gateway", "/events/e7")["status"] == "RECEIVED")
    broker.bringUp()
    try await stack.until("they have come through the broker") {
      try await stack.send(.GET, "gateway", "/events?status=QUEUED&limit=100").items.count == 50
    }
    try await stack.start("serve", "target-simulator")
    try await stack.until("everything is delivered") { try await stack.backlog() == 0 }
    #expect(try await stack.received().keys.sorted() == (0..<50).map { "e\($0)" }.sorted())
  }

  @Test func `two instances share the target's limit, and one that stays alone has all of it`() async throws {
    let broker = try BrokerTests.broker()
    let stack = try stack(
      on: broker.bootstrapServers,
      [
        "GATEWAY_TARGET_RATE": "40", "GATEWAY_TARGET_BURST": "2", "GATEWAY_BATCH": "1",
        "TARGET_SIMULATOR_RATE": "40", "TARGET_SIMULATOR_BURST": "40",
      ])
    try await stack.start("serve", "administration")
    try await stack.start("serve", "target-simulator")
    let key = try await stack.addSource()
    let first = try await stack.start("serve", "gateway")
    try await stack.until("one that is alone has all of the limit") { try await stack.share() == 1 }
    let folder = stack.folder + "/second"
    let other = try await stack.start("serve", "gateway", with: ["WAYBILL_DATA": folder])
    // Asked from here on is the second, which the source does not know: its events come in at the first.
    try await stack.until("two have a half each") { try await stack.share() == 0.5 }
    let firstAddress = try #require(
      first.lines.first { $0.hasPrefix("gateway ") }?.split(separator: " ").last)
    for number in 0..<200 {
      #expect(
        try await stack.hand("e\(number)", key: key, to: String(firstAddress)).status == 202)
    }
    try await stack.until("everything is delivered") { try await stack.received().count == 200 }
    for data in [stack.folder, folder] {
      let delivered = try Peek.count(
        "\(data)/gateway.sqlite", "SELECT count(*) FROM events WHERE status = 'DELIVERED' AND runner IS NULL")
      #expect(delivered > 20, "\(delivered) of 200")
    }
    // The story of each is where it came in, whoever delivered it.
    try await Peek.until(
      "\(stack.folder)/gateway.sqlite", "SELECT count(*) FROM events WHERE status = 'DELIVERED'", is: 200)
    let stats = try await stack.simulator("/simulator/stats")
    #expect(stats["throttled"] as? Int == 0)
    first.signal(SIGTERM)
    _ = await first.exit()
    try await stack.until("the other has all of it") { try await stack.share() == 1 }
    withExtendedLifetime(other) {}
  }

  @Test func `five thousand connections, some of which send a byte now and then, keep nobody waiting`()
    async throws
  {
    let stack = try stack(on: "127.0.0.1:1")
    try await stack.start("serve", "administration")
    let key = try await stack.addSource()
    try await stack.start("serve", "gateway")
    let port = try #require(stack.port(of: "gateway"))
    let crowd = try Crowd(port: port, wanted: 5000)
    defer { crowd.leave() }
    let request =
      "POST /events HTTP/1.1\r\nhost: h\r\nauthorization: Bearer \(key)\r\ncontent-length: 5000\r\n\r\n"
    for member in 0..<50 { crowd.send(request, from: member) }
    var slowest = Duration.zero
    for number in 0..<200 {
      for member in 0..<50 { crowd.send("{", from: member) }
      let start = ContinuousClock.now
      #expect(try await stack.hand("e\(number)", key: key).status == 202)
      slowest = max(slowest, ContinuousClock.now - start)
    }
    #expect(crowd.count >= 500)
    // Whoever waited for one of the crowd would wait for a minute.
    #expect(slowest < .seconds(30), "the slowest took \(slowest)")
  }
}

/// Ids of events that got their 202.
private final class Accepted: Sendable {
  private let known = Mutex<Set<String>>([])

  var ids: Set<String> { known.withLock { $0 } }
  var count: Int { known.withLock { $0.count } }

  /// - Returns: how many there are now.
  func note(_ id: String) -> Int {
    known.withLock { known in
      known.insert(id)
      return known.count
    }
  }
}

extension Stack {
  func addSource() async throws -> String {
    let (exit, lines) = try await run("sources", "add", "shop", "--brand", "acme")
    guard exit.status == 0, let key = lines.last?.split(separator: " ").last else {
      throw NotReady(lines: lines)
    }
    return String(key)
  }

  /// Hands an event over, once.
  func hand(_ id: String, key: String, to address: String? = nil) async throws -> Answer {
    try await send(
      .POST, "gateway", "/events", json: #"{"id":"\#(id)","name":"order","body":"b","timestamp":"t"}"#,
      token: key, at: address)
  }

  func backlog() async throws -> Int {
    try await send(.GET, "gateway", "/targets").items.first?["backlog"] as? Int ?? -1
  }

  func share() async throws -> Double? {
    let rate = try await send(.GET, "gateway", "/targets").items.first?["rate"] as? [String: Any]
    return (rate?["share"] as? NSNumber)?.doubleValue
  }

  func simulator(_ path: String) async throws -> [String: Any] {
    let answer = try await send(.GET, "target-simulator", path)
    return (try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]) ?? [:]
  }

  /// How often the target has received each event.
  func received() async throws -> [String: Int] {
    var all: [String: Int] = [:]
    var after: Int? = 0
    while let place = after {
      let page = try await simulator("/simulator/events?limit=10000&after=\(place)")
      for event in page["events"] as? [[String: Any]] ?? [] {
        guard let id = event["id"] as? String else { continue }
        #expect(all[id] == nil, "\(id) is there twice")
        all[id] = event["times"] as? Int
      }
      after = page["next"] as? Int
    }
    return all
  }
}

/// Many connections that say little.
private final class Crowd {
  private var sockets: [Int32] = []

  var count: Int { sockets.count }

  /// - Parameter wanted: as many as this process may open, when that is fewer.
  init(port: Int, wanted: Int) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    for _ in 0..<min(wanted, max(Int(limit.rlim_cur) - 500, 100)) {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { break }
      let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard connected == 0 else {
        close(descriptor)
        break
      }
      sockets.append(descriptor)
    }
  }

  func send(_ text: String, from member: Int) {
    guard sockets.indices.contains(member) else { return }
    let bytes = Array(text.utf8)
    _ = Glibc.send(sockets[member], bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func leave() {
    for descriptor in sockets { close(descriptor) }
    sockets = []
  }
}
