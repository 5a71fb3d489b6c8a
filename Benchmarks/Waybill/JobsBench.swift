import ArgumentParser
import Foundation
import GRDB
import Jobs
import Messaging
import ServiceLifecycle
import Storage

/// How fast a backlog of jobs is done, and how long one job takes from its request to its end.
struct JobsBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "jobs")

  @Option var rows = 200_000
  @Option var rate = 500
  @Option var seconds = 10
  @Option(help: "How many run at the same time.")
  var concurrency = 256

  private struct Nothing: Job {
    static let kind = "bench.nothing"
    let number: Int
  }

  private struct Idle: JobWorker {
    let concurrency: Int
    func perform(_ job: Nothing, _ run: JobRun) async throws {}
  }

  func run() async throws {
    header("jobs", "figure", "target")
    let floor = try await floor()
    let drained = try await drain()
    row(
      "\(Double(rows).whole) no-op jobs drained, \(concurrency) at a time", "\(drained.whole)/s", "20,000/s")
    row(
      "the same rows claimed and finished by plain statements, \(concurrency) to a commit",
      "\(floor.whole)/s",
      "")
    row("of the plain statements", (drained / floor).short, "")
    try await latency()
  }

  private func drain() async throws -> Double {
    let scratch = try Scratch()
    let store = try store(scratch)
    try await fill(store)
    let clock = ContinuousClock()
    let started = clock.now
    try await running(store) {
      while try await unfinished(store) > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    let elapsed = (clock.now - started).seconds
    try await store.close()
    withExtendedLifetime(scratch) {}
    return Double(rows) / elapsed
  }

  /// What SQLite allows: the same rows of the same table, taken up and finished in turn, and nothing else.
  private func floor() async throws -> Double {
    let scratch = try Scratch()
    let store = try store(scratch)
    try await fill(store)
    let clock = ContinuousClock()
    let started = clock.now
    let concurrency = concurrency
    while try await store.write({ work in
      let claim = try work.database.cachedStatement(
        sql: """
          UPDATE jobs SET state = 'running', attempt = 1, run = 1, started_at = ? WHERE seq IN (
            SELECT seq FROM jobs WHERE kind = 'bench.nothing' AND state = 'waiting' AND behind = 0 AND run_at <= ?
            ORDER BY run_at, seq LIMIT ?)
          """)
      try claim.execute(arguments: [work.now, work.now, concurrency])
      return work.database.changesCount > 0
    }) {
      try await store.write { work in
        let finish = try work.database.cachedStatement(
          sql: "UPDATE jobs SET state = 'succeeded', finished_at = ? WHERE state = 'running' AND kind = ?")
        try finish.execute(arguments: [work.now, "bench.nothing"])
      }
    }
    let elapsed = (clock.now - started).seconds
    try await store.close()
    withExtendedLifetime(scratch) {}
    return Double(rows) / elapsed
  }

  private func latency() async throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let clock = ContinuousClock()
    try await running(store) {
      let started = clock.now
      try await withThrowingDiscardingTaskGroup { group in
        for number in 0..<rate * seconds {
          try await clock.sleep(until: started + .seconds(Double(number) / Double(rate)))
          group.addTask { try await store.write { _ = try $0.enqueue(Nothing(number: number)) } }
        }
      }
      while try await unfinished(store) > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    // From the decision's own time to the commit that ends the run; both are whole milliseconds.
    let delays = try await store.read { database in
      try Double.fetchAll(
        database, sql: "SELECT CAST(finished_at - created_at AS REAL) FROM jobs WHERE state = 'succeeded'")
    }
    row("request to end, one job a commit at \(rate)/s, p50", "\(delays.percentile(0.5).short) ms", "")
    row("request to end, one job a commit at \(rate)/s, p99", "\(delays.percentile(0.99).short) ms", "10 ms")
    try await store.close()
    withExtendedLifetime(scratch) {}
  }

  private func store(_ scratch: Scratch) throws -> Store {
    try Store(service: "bench", folder: scratch.path, migrations: [Migration].messaging + [Migration].jobs)
  }

  private func fill(_ store: Store) async throws {
    for chunk in stride(from: 0, to: rows, by: 1000) {
      try await store.write { work in
        for number in chunk..<chunk + 1000 { try work.enqueue(Nothing(number: number)) }
      }
    }
  }

  private func running(_ store: Store, _ body: () async throws -> Void) async throws {
    let runner = JobRunner(store: store, workers: [Idle(concurrency: concurrency)], logger: logger)
    let group = ServiceGroup(services: [runner], logger: logger)
    async let running: Void = group.run()
    try await body()
    await group.triggerGracefulShutdown()
    try await running
  }

  private func unfinished(_ store: Store) async throws -> Int {
    try await store.read { database in
      // Indexed, so that looking costs nothing.
      try Int.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM jobs WHERE kind = 'bench.nothing' AND state = 'waiting' AND behind = 0)
            OR EXISTS (SELECT 1 FROM jobs WHERE kind = 'bench.nothing' AND state = 'running')
          """) ?? 0
    }
  }
}
