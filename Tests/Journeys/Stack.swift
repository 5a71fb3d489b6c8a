import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Services under test, as their users have them: processes, REST, a data folder that survives them.
final class Stack: Sendable {
  struct Answer: Sendable {
    let status: UInt
    let body: Data

    subscript(field: String) -> String? {
      (try? JSONSerialization.jsonObject(with: body) as? [String: Any])?[field] as? String
    }

    var items: [[String: Any]] {
      ((try? JSONSerialization.jsonObject(with: body) as? [String: Any])?["items"] as? [[String: Any]]) ?? []
    }
  }

  /// Fails at once when nobody listens; by default it would go on trying.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  let folder: String
  let environment: [String: String]
  private let state = Mutex(State())

  private struct State {
    var children: [ChildProcess] = []
    var addresses: [String: String] = [:]
    var broker: String?
    var token: String?
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  init(environment: [String: String] = [:]) throws {
    folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.environment = [
      "WAYBILL_DATA": folder, "WORKFLOW_PORT": "0", "DELIVERY_PORT": "0", "TASKS_PORT": "0",
      "GATEWAY_PORT": "0", "ORDERS_PORT": "0", "SOURCE_SIMULATOR_PORT": "0",
      // The gateway delivers there, and orders ask there, so they have to be known beforehand.
      "TARGET_SIMULATOR_PORT": "\(try Self.freePort())",
      "PRODUCT_SIMULATOR_PORT": "\(try Self.freePort())", "USER_SIMULATOR_PORT": "\(try Self.freePort())",
      // The others fetch its keys there, so it has to be known beforehand.
      "ADMINISTRATION_PORT": "\(try Self.freePort())", "ADMINISTRATION_SCRYPT_LOG2N": "10",
    ].merging(environment) { $1 }
  }

  /// Those given out: who was given one listens to it only later, and again after each restart.
  private static let taken = Mutex<Set<Int>>([])

  /// Below the ports that clients are given, so that none of them takes it meanwhile.
  static func freePort() throws -> Int {
    for _ in 0..<100 {
      let port = Int.random(in: 20_000..<32_000)
      guard taken.withLock({ $0.insert(port).inserted }) else { continue }
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let isFree = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if isFree { return port }
    }
    throw NotReady(lines: ["no port is free"])
  }

  deinit {
    for child in state.withLock({ $0.children }) { child.signal(SIGKILL) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs a command to its end.
  func run(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, lines: [String]) {
    var surroundings = environment
    for (name, address) in state.withLock({ $0.addresses }) {
      surroundings["\(name.uppercased().replacing("-", with: "_"))_PORT"] = address.split(separator: ":").last
        .map(String.init)
    }
    let child = try ChildProcess(arguments, surroundings)
    let exit = await child.exit()
    _ = await child.line { _ in false }
    return (exit, child.lines)
  }

  /// Starts `waybill up`, or one service, and waits until it takes requests.
  @discardableResult
  func start(_ arguments: String..., with extra: [String: String] = [:]) async throws -> ChildProcess {
    let child = try ChildProcess(
      arguments.isEmpty ? ["up"] : arguments, environment.merging(extra) { $1 })
    state.withLock { $0.children.append(child) }
    guard await child.line({ $0.hasPrefix("ready") }) != nil else {
      throw NotReady(lines: child.lines)
    }
    defer {
      let waiting = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }
    for line in child.lines {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2 else { continue }
      if words[1].hasPrefix("http://") { state.withLock { $0.addresses[words[0]] = words[1] } }
      if words[0] == "broker" { state.withLock { $0.broker = words[1] } }
    }
    if state.withLock({ $0.token == nil && $0.addresses["administration"] != nil }) {
      let token = try await run("token", "--subject", "journey").lines.last ?? ""
      state.withLock { $0.token = token }
    }
    return child
  }

  struct NotReady: Error, CustomStringConvertible {
    let lines: [String]
    var description: String { "it did not start:\n" + lines.suffix(10).joined(separator: "\n") }
  }

  func port(of service: String) -> Int? {
    state.withLock { $0.addresses[service] }?.split(separator: ":").last.flatMap { Int($0) }
  }

  var broker: String { state.withLock { $0.broker ?? "" } }

  /// Waits while the last process started is dead and its successor not yet ready: whoever hammers the port
  /// of a dead process may be given that very port as his own, and talk to himself.
  private func someoneRunning() async {
    await withCheckedContinuation { continuation in
      let isRunning = state.withLock { state in
        if state.children.last?.hasExited != true { return true }
        state.waiting.append(continuation)
        return false
      }
      if isRunning { continuation.resume() }
    }
  }

  /// - Throws: when nobody answers, as while a service is down.
  /// - Parameters:
  ///   - token: another than that of a developer who may do everything.
  ///   - place: another address than that of the last instance started.
  func send(
    _ method: HTTPMethod, _ service: String, _ path: String, json: String? = nil,
    headers: [String: String] = [:], token: String? = nil, at place: String? = nil
  ) async throws -> Answer {
    let (address, own) = state.withLock { ($0.addresses[service] ?? "", $0.token ?? "") }
    var request = HTTPClientRequest(url: (place ?? address) + path)
    request.method = method
    request.headers.add(name: "Authorization", value: "Bearer \(token ?? own)")
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: json))
    }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await Self.client.execute(request, timeout: .seconds(20))
    return Answer(
      status: response.status.code,
      body: Data(try await response.body.collect(upTo: 1 << 22).readableBytesView))
  }

  /// Asks until `holds`, for 60 s at most. Nobody answering counts as not yet.
  func until(
    _ claim: String, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if (try? await holds()) == true { return }
      await someoneRunning()
    }
    Issue.record("not within 60 s: \(claim)", sourceLocation: sourceLocation)
  }
}

extension Stack {
  func createWorkflow(_ name: String, key: String) async throws -> String {
    let answer = try await send(
      .POST, "workflow", "/api/workflow/workflows", json: #"{"name":"\#(name)"}"#,
      headers: ["Idempotency-Key": key])
    guard answer.status == 201, let id = answer["id"] else { throw Refused(answer: answer) }
    return id
  }

  func deliveries(of workflow: String) async throws -> [[String: Any]] {
    try await send(.GET, "delivery", "/api/delivery/deliveries?workflowId=\(workflow)").items
  }

  func sendDelivery(_ id: String) async throws {
    let answer = try await send(
      .PUT, "delivery", "/api/delivery/deliveries/\(id)", json: #"{"state":"DELIVERED"}"#)
    guard answer.status == 200 else { throw Refused(answer: answer) }
  }

  func taskState(_ name: String, of workflow: String) async throws -> String? {
    try await send(.GET, "workflow", "/api/workflow/workflows/\(workflow)/tasks").items
      .first { $0["name"] as? String == name }?["state"] as? String
  }

  struct Refused: Error, CustomStringConvertible {
    let answer: Answer
    var description: String { "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))" }
  }
}
