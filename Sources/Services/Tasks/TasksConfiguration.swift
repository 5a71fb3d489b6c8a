import Hosting
import Messaging
import Storage

/// How the worker works: read once, at the start.
struct TasksConfiguration: Sendable {
  /// `TASKS_DELAY_MIN_MS`, `TASKS_DELAY_MAX_MS`: how long an attempt takes.
  let delay: ClosedRange<Int>
  /// `TASKS_FAILURE_RATE`: how many attempts fail, from 0 to 1.
  let failureRate: Double
  /// `TASKS_MAX_ATTEMPTS`: after so many failed attempts a task has FAILED, and is a dead letter.
  let maxAttempts: Int
  /// `TASKS_CONCURRENCY`: how many tasks are being done at the same time.
  let concurrency: Int
  /// `TASKS_SEED`: with the same seed the same attempt of the same task takes as long and ends in the same way.
  let seed: UInt64
  /// `TASKS_LOG_LINES`: how many lines an attempt logs.
  let logLines: Int
  /// `TASKS_RETRY_FIRST_MS`, `TASKS_RETRY_MAX_MS`: the delays before the next attempt begin with the first and
  /// double up to the largest, each with full jitter.
  let policy: RetryPolicy

  init(_ settings: Settings) throws(SettingError) {
    let most = 86_400_000
    let shortest = try settings.integer("TASKS_DELAY_MIN_MS", default: 500, in: 0...most)
    let longest = try settings.integer("TASKS_DELAY_MAX_MS", default: max(3000, shortest), in: 0...most)
    guard shortest <= longest else {
      throw SettingError(key: "TASKS_DELAY_MAX_MS", expected: "at least TASKS_DELAY_MIN_MS")
    }
    delay = shortest...longest
    failureRate = try settings.number("TASKS_FAILURE_RATE", default: 0.2, in: 0...1)
    maxAttempts = try settings.integer("TASKS_MAX_ATTEMPTS", default: 5, in: 1...1000)
    concurrency = try settings.integer("TASKS_CONCURRENCY", default: 1000, in: 1...100_000)
    let seed = try settings.integer("TASKS_SEED", default: 0, in: 0...Int.max)
    self.seed = UInt64(seed)
    logLines = try settings.integer("TASKS_LOG_LINES", default: 5, in: 0...1000)
    let first = try settings.integer("TASKS_RETRY_FIRST_MS", default: 500, in: 1...most)
    let largest = try settings.integer("TASKS_RETRY_MAX_MS", default: max(60_000, first), in: first...most)
    policy = RetryPolicy(
      firstDelay: .milliseconds(first), largestDelay: .milliseconds(largest), attempts: maxAttempts)
  }
}
