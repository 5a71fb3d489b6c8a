import Metrics

/// What a pipeline shows: `pipeline.calls` and `pipeline.attempts` by outcome, and how long calls took. The
/// difference between the two is what was tried again.
struct PipelineInstruments: Sendable {
  enum Outcome: String, CaseIterable {
    case succeeded, failed, cancelled
    case timedOut = "timed.out"
    case deadlineOver = "deadline.over"
    case circuitOpen = "circuit.open"
    case bulkheadFull = "bulkhead.full"

    init(_ error: any Error) {
      self =
        switch error {
        case is TimedOut: .timedOut
        case is DeadlineOver: .deadlineOver
        case is CircuitOpen: .circuitOpen
        case is BulkheadFull, is TooManySlowCalls: .bulkheadFull
        case is CancellationError: .cancelled
        default: Task.isCancelled ? .cancelled : .failed
        }
    }
  }

  private let calls: [Outcome: Counter]
  private let attempts: [Outcome: Counter]
  private let duration: Timer
  private let timeline: Timeline

  init(_ name: String, _ clock: any Clock<Duration>) {
    calls = Self.counters("pipeline.calls", name)
    attempts = Self.counters("pipeline.attempts", name)
    duration = Timer(label: "pipeline.duration", dimensions: [("name", name)])
    timeline = Timeline(clock)
  }

  func timingCall<Value>(_ call: () async throws -> Value) async throws -> Value {
    let started = timeline.now
    defer { duration.record(duration: timeline.now - started) }
    return try await Self.counting(calls, call)
  }

  func countingAttempt<Value>(_ attempt: () async throws -> Value) async throws -> Value {
    try await Self.counting(attempts, attempt)
  }

  private static func counting<Value>(
    _ counters: [Outcome: Counter], _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      let value = try await body()
      counters[.succeeded]?.increment()
      return value
    } catch {
      counters[Outcome(error)]?.increment()
      throw error
    }
  }

  private static func counters(_ label: String, _ name: String) -> [Outcome: Counter] {
    Dictionary(
      uniqueKeysWithValues: Outcome.allCases.map {
        ($0, Counter(label: label, dimensions: [("name", name), ("outcome", $0.rawValue)]))
      })
  }
}
