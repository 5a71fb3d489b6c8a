import Foundation
import Hosting

/// System 2: users sign up and have tasks done, which retry, fail for good, are redriven and cancelled; and nobody
/// loses sight of any of them.
struct TaskStory {
  private struct Access: Decodable {
    struct User: Decodable {
      let id: String
    }
    let user: User
    let jwt: String
  }

  private struct UserTask: Decodable {
    let id: String
    let status: String
  }

  private struct Change: Decodable {
    let id: String
    let status: String
    let attempt: Int
    let sequence: Int

    var isFinal: Bool { ["SUCCESS", "FAILED", "CANCELLED"].contains(status) }
  }

  private struct Letter: Decodable {
    let id: String
    let reason: String
    let attempts: Int
    let eventID: String?
  }

  private struct List<Item: Decodable>: Decodable {
    let items: [Item]
  }

  private static let count = 200

  let program: Program
  let operatorClient: APIClient
  let administration: ServiceCatalog.Entry
  let tasks: ServiceCatalog.Entry

  init(_ program: Program, _ client: APIClient) throws {
    guard let administration = ServiceCatalog.entry("administration"),
      let tasks = ServiceCatalog.entry("tasks")
    else {
      throw Complaint("This program has no administration or tasks service.")
    }
    self.program = program
    operatorClient = client
    self.administration = administration
    self.tasks = tasks
  }

  func play(_ checklist: inout Checklist) async throws {
    print("\nAccounts: sign-up and log-in")
    let password = UUID().uuidString
    let ada = try await signUp("ada", password, &checklist)
    let grace = try await signUp("grace", password, &checklist)
    guard let ada, let grace else { return }
    let client = APIClient(program, token: ada.jwt)

    print("\nTasks: \(Self.count) of them, watched until all are over")
    let watch = try await client.events("/tasks/stream", of: administration)
    let started = ContinuousClock.now
    let attempts = try program.settings.integer("TASKS_MAX_ATTEMPTS", default: 5, in: 1...1000)
    let retried = try await create(#"{"kind":"retry","input":{"delayMs":50,"failAttempts":1}}"#, client)
    let doomed = try await create(
      #"{"kind":"doomed","input":{"delayMs":50,"failAttempts":\#(attempts)}}"#, client)
    let unwanted = try await create(#"{"kind":"unwanted","input":{"delayMs":600000}}"#, client)
    let others = try await createMany(Self.count - 3, client)
    let all = Set(others + [retried, doomed, unwanted])
    let cancel = try await client.send("POST", "/tasks/\(unwanted)/cancel", to: administration)
    checklist.note("cancelling a task answers 202", cancel.status == 202)

    var told = Told()
    try await follow(watch, within: .seconds(240)) { change in
      told.note(change)
      return told.over.count == all.count
    }
    let elapsed = (ContinuousClock.now - started).formatted(.units(allowed: [.seconds], width: .narrow))
    for (status, count) in told.counts { print("  \(status.padding(to: 10)) \(count)") }
    print("  attempts   \(told.attempts.values.reduce(0, +)) for \(all.count) tasks, in \(elapsed)")
    checklist.note(
      "all \(all.count) tasks are over", Set(told.over.keys) == all,
      "\(told.counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")), in \(elapsed)")
    checklist.note("the stream told the changes of each task in order", told.isInOrder)
    checklist.note(
      "a task that failed was tried again", told.over[retried] == "SUCCESS" && told.attempts[retried] == 2)
    checklist.note("a task that was not wanted any more is CANCELLED", told.over[unwanted] == "CANCELLED")
    try await read(retried, doomed, as: client, stranger: APIClient(program, token: grace.jwt), &checklist)
    try await redrive(doomed, attempts, client, watch, &told, &checklist)
  }

  /// What the stream has told so far.
  private struct Told {
    var over: [String: String] = [:]
    var attempts: [String: Int] = [:]
    var sequences: [String: Int] = [:]
    var isInOrder = true

    var counts: [(String, Int)] {
      Dictionary(grouping: over.values) { $0 }.map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
    }

    mutating func note(_ change: Change) {
      if let last = sequences[change.id], change.sequence < last { isInOrder = false }
      sequences[change.id] = change.sequence
      attempts[change.id] = change.attempt
      over[change.id] = change.isFinal ? change.status : nil
    }
  }

  private func signUp(
    _ name: String, _ password: String, _ checklist: inout Checklist
  ) async throws -> Access? {
    let anybody = APIClient(program, token: nil)
    let email = "\(name)-\(UUID().uuidString.lowercased())@example.org"
    func credentials(_ password: String, _ email: String) -> String {
      #"{"email":"\#(email)","password":"\#(password)"}"#
    }
    let answer = try await anybody.send(
      "POST", "/users", to: administration, json: credentials(password, email))
    checklist.note("\(name) signs up", answer.status == 201, answer.isSuccess ? "" : answer.complaint)
    guard answer.status == 201 else { return nil }
    let access = try await anybody.send(
      "POST", "/sessions", to: administration, json: credentials(password, email.uppercased()))
    checklist.note("\(name) logs in, in capital letters too", access.status == 201)
    let wrong = try await anybody.send(
      "POST", "/sessions", to: administration, json: credentials("not the password", email))
    let unknown = try await anybody.send(
      "POST", "/sessions", to: administration, json: credentials("not the password", "x" + email))
    checklist.note(
      "a wrong password and an unknown address get the same answer",
      wrong.status == 401 && wrong.body == unknown.body)
    return try answer.decode(Access.self)
  }

  private func create(_ json: String, _ client: APIClient) async throws -> String {
    let answer = try await client.send("POST", "/tasks", to: administration, json: json)
    guard answer.status == 201 else { throw Complaint("POST /tasks: \(answer.complaint)") }
    return try answer.decode(UserTask.self).id
  }

  private func createMany(_ count: Int, _ client: APIClient) async throws -> [String] {
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<count {
        group.addTask { try await create(#"{"kind":"report","input":{"page":\#(number)}}"#, client) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Reads on until `isEnough`, or until the time is over.
  private func follow(
    _ events: APIClient.Events, within time: Duration, until isEnough: (Change) -> Bool
  ) async throws {
    let deadline = Task {
      try await Task.sleep(for: time)
      events.cancel()
    }
    defer { deadline.cancel() }
    while let event = try await events.next() {
      guard event.name == "task.updated" else { continue }
      if isEnough(try JSONDecoder().decode(Change.self, from: Data(event.data.utf8))) { return }
    }
  }

  private func read(
    _ retried: String, _ doomed: String, as client: APIClient, stranger: APIClient,
    _ checklist: inout Checklist
  ) async throws {
    let logs = try await client.events("/tasks/\(retried)/logs?follow", of: administration)
    var names: [String] = []
    while let event = try await logs.next() { names.append(event.name) }
    checklist.note(
      "its lines can be followed to the end", names.last == "end" && names.count > 1,
      "\(names.count - 1) lines")
    var refused: [UInt] = []
    for path in ["/tasks/\(retried)", "/tasks/\(retried)/logs"] {
      refused.append(try await stranger.send("GET", path, to: administration).status)
    }
    refused.append(try await stranger.send("POST", "/tasks/\(retried)/cancel", to: administration).status)
    checklist.note("to everybody else they do not exist", refused == [404, 404, 404])
    let letters = try await client.send("GET", "/dead-letters", to: tasks)
    checklist.note("dead letters are not for users", letters.status == 403)
  }

  private func redrive(
    _ doomed: String, _ attempts: Int, _ client: APIClient, _ watch: APIClient.Events,
    _ told: inout Told, _ checklist: inout Checklist
  ) async throws {
    print("\nA dead letter and its redrive")
    let answer = try await operatorClient.send("GET", "/dead-letters?kind=job&limit=500", to: tasks)
    let letters = try answer.decode(List<Letter>.self).items
    let letter = letters.first { $0.reason.contains("asks for \(attempts) failed") }
    checklist.note(
      "the task that failed \(attempts) times is a dead letter",
      told.over[doomed] == "FAILED" && letter != nil, letter?.reason ?? answer.complaint)
    guard let letter else { return }
    print("  \(letter.id) \(letter.reason)")
    let why = #"{"ids":["\#(letter.id)"],"why":"the demonstration redrives what it broke"}"#
    let redriven = try await operatorClient.send("POST", "/dead-letters/redrive", to: tasks, json: why)
    checklist.note(
      "an operator redrives it, with a reason", redriven.isSuccess,
      redriven.isSuccess ? "" : redriven.complaint)
    guard redriven.isSuccess else { return }
    var statuses: [String] = []
    try await follow(watch, within: .seconds(60)) { change in
      guard change.id == doomed else { return false }
      statuses.append(change.status)
      return change.isFinal
    }
    checklist.note("its owner sees it RUNNING again, and then SUCCESS", statuses == ["RUNNING", "SUCCESS"])
  }
}
