import ArgumentParser
import Foundation
import NIOHTTP1
import Synchronization

/// Users' tasks through the whole stack: from the request to SUCCESS, how many requests a second, what ten
/// thousand of them in flight cost, and what a log-in costs.
struct TasksBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tasks")

  @Option(help: "The program to measure.")
  var program = ".build/release/waybill"

  @Option(help: "Seconds of load.")
  var seconds = 10

  @Option var connections = 64
  @Option var stories = 300
  @Option(help: "How many are in flight at once.")
  var inFlight = 10_000
  @Option var logIns = 20

  func run() async throws {
    header("tasks", "figure", "target")
    try await quick()
    try await many()
    try await logIn()
  }

  private func quick() async throws {
    let stack = try RunningStack(
      program, ["TASKS_DELAY_MIN_MS": "0", "TASKS_DELAY_MAX_MS": "0", "TASKS_FAILURE_RATE": "0"])
    defer { stack.stop() }
    let token = try stack.token()
    let clock = ContinuousClock()
    var delays: [Double] = []
    for _ in 0..<stories {
      let started = clock.now
      let id = try await create(token, #"{"kind":"report"}"#)
      while try await status(id, token) != "SUCCESS" {}
      delays.append((clock.now - started).milliseconds)
    }
    row("POST task to SUCCESS visible, no delay, p50", "\(delays.percentile(0.5).short) ms", "")
    row("POST task to SUCCESS visible, no delay, p99", "\(delays.percentile(0.99).short) ms", "")
    try RunningStack.load(
      "POST task", "\(RunningStack.administration)/tasks", token, #"{"kind":"report"}"#,
      connections: connections, seconds: seconds)
  }

  private func many() async throws {
    let stack = try RunningStack(
      program, ["TASKS_CONCURRENCY": "\(inFlight)", "TASKS_FAILURE_RATE": "0", "TASKS_LOG_LINES": "0"])
    defer { stack.stop() }
    let token = try stack.token()
    let before = try stack.residentMegabytes()
    let body = #"{"kind":"report","input":{"delayMs":3600000}}"#
    let last = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<32 {
        group.addTask {
          var id = ""
          for _ in 0..<inFlight / 32 { id = try await create(token, body) }
          return id
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let created = inFlight / 32 * 32
    let clock = ContinuousClock()
    let started = clock.now
    for id in last { while try await status(id, token) != "RUNNING" {} }
    row(
      "\(Double(created).whole) tasks: the last is running after the last request",
      "\((clock.now - started).milliseconds.short) ms", "")
    let megabytes = try stack.residentMegabytes()
    row(
      "resident memory of everything with \(Double(created).whole) tasks in flight", "\(megabytes.short) MB",
      "")
    row("for each task in flight", "\(((megabytes - before) * 1024 / Double(created)).short) KB", "")
  }

  private func logIn() async throws {
    let stack = try RunningStack(program)
    defer { stack.stop() }
    let credentials = #"{"email":"ada@example.org","password":"correct horse battery"}"#
    let (status, body) = try await RunningStack.send(
      .POST, "\(RunningStack.administration)/users", nil, credentials)
    guard status == 201,
      let jwt = (try JSONSerialization.jsonObject(with: body) as? [String: Any])?["jwt"] as? String
    else { throw ValidationError("sign-up was refused: \(String(decoding: body, as: UTF8.self))") }
    let clock = ContinuousClock()
    var costs: [Double] = []
    for _ in 0..<logIns {
      let started = clock.now
      let (status, _) = try await RunningStack.send(
        .POST, "\(RunningStack.administration)/sessions", nil, credentials)
      guard status == 201 else { throw ValidationError("log-in was refused with \(status)") }
      costs.append((clock.now - started).milliseconds)
    }
    row("log-in, one after another, p50", "\(costs.percentile(0.5).short) ms", "slow on purpose")
    let alone = try await others(jwt, while: {})
    let beside = try await others(jwt) {
      try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<logIns {
          group.addTask {
            _ = try await RunningStack.send(
              .POST, "\(RunningStack.administration)/sessions", nil, credentials)
          }
        }
      }
    }
    row(
      "another request meanwhile: GET /users/me, p50 without log-ins", "\(alone.percentile(0.5).short) ms", ""
    )
    row("GET /users/me, p50 with \(logIns) log-ins at once", "\(beside.percentile(0.5).short) ms", "")
    row("GET /users/me, p99 with \(logIns) log-ins at once", "\(beside.percentile(0.99).short) ms", "")
    row("answered meanwhile", "\(beside.count) requests", "not blocked")
  }

  /// How long other requests take while `work` is done, and for a quarter of a second at least.
  private func others(_ jwt: String, while work: @escaping @Sendable () async throws -> Void) async throws
    -> [Double]
  {
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(250)
    let working = Task {
      try await work()
      return clock.now
    }
    let isDone = Flag()
    let watch = Task {
      _ = try await working.value
      isDone.set()
    }
    var delays: [Double] = []
    while clock.now < end || !isDone.isSet {
      let started = clock.now
      let (status, _) = try await RunningStack.send(.GET, "\(RunningStack.administration)/users/me", jwt)
      guard status == 200 else { throw ValidationError("GET /users/me answered \(status)") }
      delays.append((clock.now - started).milliseconds)
    }
    try await watch.value
    return delays
  }

  private func create(_ token: String, _ json: String) async throws -> String {
    let (_, body) = try await RunningStack.send(.POST, "\(RunningStack.administration)/tasks", token, json)
    guard let id = (try JSONSerialization.jsonObject(with: body) as? [String: Any])?["id"] as? String else {
      throw ValidationError("the task was not accepted: \(String(decoding: body, as: UTF8.self))")
    }
    return id
  }

  private func status(_ id: String, _ token: String) async throws -> String {
    let (_, body) = try await RunningStack.send(.GET, "\(RunningStack.administration)/tasks/\(id)", token)
    return (try JSONSerialization.jsonObject(with: body) as? [String: Any])?["status"] as? String ?? "none"
  }
}

/// Set once.
private final class Flag: Sendable {
  private let value = Mutex(false)
  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}
