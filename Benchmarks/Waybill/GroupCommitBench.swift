import ArgumentParser
import Foundation
import GRDB
import Metrics
import Storage
import Telemetry

/// Durable units of work a second, by the number of writers that wait at the same time.
struct GroupCommitBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "group-commit")

  @Option(help: "The C program that does the same with plain SQLite calls.")
  var peer: String

  @Option var seconds = 3.0

  private var metrics: PrometheusMetrics { Self.metrics }
  private static let metrics = PrometheusMetrics()

  func run() async throws {
    MetricsSystem.bootstrap(metrics)
    header("writers", "units/s", "units per commit", "against one writer", "plain C at that batch/s", "of C")
    var single = 0.0
    for writers in [1, 16, 64, 256] {
      let (rate, group) = try await measure(writers)
      if writers == 1 { single = rate }
      let limit = try plain(batch: max(1, Int(group.rounded())))
      row(
        "\(writers)", rate.whole, group.short, "\((rate / single).short) ×", limit.whole,
        "\((rate / limit).short)")
    }
  }

  private func measure(_ writers: Int) async throws -> (rate: Double, group: Double) {
    let scratch = try Scratch()
    let store = try Store(
      service: "bench", folder: scratch.path,
      migrations: [
        Migration(
          "bench.1",
          "CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT"
        )
      ])
    let commitsBefore = try commits()
    let clock = ContinuousClock()
    let started = clock.now
    let deadline = started + .seconds(seconds)
    let units = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<writers {
        group.addTask {
          var units = 0
          while clock.now < deadline {
            try await store.write { work in
              try work.database.cachedStatement(sql: "INSERT INTO notes (name, created_at) VALUES (?, ?)")
                .execute(arguments: ["a name of about thirty letters", work.now])
            }
            units += 1
          }
          return units
        }
      }
      return try await group.reduce(0, +)
    }
    let elapsed = (clock.now - started).seconds
    try await store.close()
    return (Double(units) / elapsed, Double(units) / (try commits() - commitsBefore))
  }

  /// How many commits the store's own metrics have counted in this process.
  private func commits() throws -> Double {
    let name = #"storage_commit_units_count{service="bench"} "#
    guard let line = metrics.render().split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return 0
    }
    guard let count = Double(line.dropFirst(name.count)) else { throw ValidationError("no count of commits") }
    return count
  }

  private func plain(batch: Int) throws -> Double {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: peer)
    let rows = batch == 1 ? 20_000 : 200_000
    process.arguments = [scratch.path + "/plain.sqlite", "\(rows)", "\(batch)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    guard let rate = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw ValidationError("\(peer) printed no rate")
    }
    return rate
  }
}
