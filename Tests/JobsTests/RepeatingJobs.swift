import GRDB
import Jobs
import Storage
import Testing

@Suite
struct RepeatingJobs {
  private func due(_ bench: JobsBench) async throws -> [Timestamp] {
    try await bench.store.read {
      try Timestamp.fetchAll($0, sql: "SELECT run_at FROM jobs WHERE state = 'waiting' ORDER BY run_at")
    }
  }

  @Test
  func `comes again and again, one at a time`() async throws {
    let bench = try JobsBench()
    let job = PeriodicJob(Note("tick"), every: .milliseconds(5))
    try await bench.running(periodic: [job]) {
      try await bench.until { try await bench.seen().count(where: { $0 == "succeeded tick 1" }) >= 4 }
    }
    #expect(
      try await bench.count("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')") == 1)
    #expect(try await bench.count("SELECT count(*) FROM jobs WHERE run_at % 5 != 0") == 0)
  }

  @Test
  func `what was missed is not made up for`() async throws {
    let clock = StandingClock()
    let bench = try JobsBench { clock.now }
    let job = PeriodicJob(Note("tick"), every: .hours(1))
    let start = clock.now
    try await bench.running(periodic: [job]) {
      try await bench.until { try await !due(bench).isEmpty }
    }
    #expect(try await due(bench) == [start + .hours(1)])
    clock.advance(by: .hours(10) + .seconds(60))
    try await bench.running(periodic: [job]) { try await bench.until(seen: "succeeded tick 1") }
    #expect(try await bench.seen() == ["begin tick 1", "succeeded tick 1"])
    #expect(try await due(bench) == [start + .hours(11)])
  }

  @Test
  func `the next comes also after one that died or was cancelled`() async throws {
    let clock = StandingClock()
    let bench = try JobsBench { clock.now }
    let job = PeriodicJob(Note("tick"), every: .hours(1))
    let start = clock.now
    clock.advance(by: .hours(1))
    let worker = Noting { _, _ in throw JobFailure.permanent(reason: "no") }
    try await bench.running(periodic: [job]) { try await bench.until { try await !due(bench).isEmpty } }
    clock.advance(by: .hours(1))
    try await bench.running(worker, periodic: [job]) { try await bench.until(seen: "dead tick 1") }
    #expect(try await due(bench) == [start + .hours(3)])
    let cancelled = try await bench.store.write { work in
      try work.cancelJob(
        try String.fetchOne(work.database, sql: "SELECT id FROM jobs WHERE state = 'waiting'") ?? "")
    }
    #expect(cancelled == .cancelled)
    #expect(try await due(bench) == [start + .hours(3)])
  }

  @Test
  func `a new period takes effect at the next start, and what is no more given ends`() async throws {
    let clock = StandingClock()
    let bench = try JobsBench { clock.now }
    let start = clock.now
    for (period, expected) in [(Duration.hours(2), [start + .hours(2)]), (.hours(1), [start + .hours(1)])] {
      try await bench.running(periodic: [PeriodicJob(Note("tick"), every: period)]) {
        try await bench.until { try await due(bench) == expected }
      }
    }
    try await bench.running { try await bench.until { try await due(bench).isEmpty } }
    #expect(try await bench.seen().isEmpty)
  }
}
