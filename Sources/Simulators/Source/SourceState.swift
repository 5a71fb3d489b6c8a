import Synchronization

/// What the source has sent, and what it holds to be lost.
public final class SourceState: Sendable {
  /// Counts since the start, or since the last reset.
  public struct Counts: Hashable, Sendable {
    public var sent = 0
    /// Answered with a 2xx in time.
    public var accepted = 0
    /// Why others were not, and how many.
    public var lost: [String: Int] = [:]

    public var allLost: Int { lost.values.reduce(0, +) }
    public var pending: Int { sent - accepted - allLost }
  }

  private struct Contents {
    var counts = Counts()
    var latencies = LatencyRecord()
    var runs: [Int: SourceRun] = [:]
    var begun = 0
    /// The last number of each prefix: no id is ever used again.
    var numbers: [String: Int] = [:]
  }

  private static let mostRuns = 100

  private let contents = Mutex(Contents())

  public var counts: Counts { contents.withLock { $0.counts } }

  /// Of the answers that counted; nil while there are none.
  public var latencies: Latencies? { Latencies(contents.withLock { $0.latencies.milliseconds }) }

  /// The latest hundred, oldest first, and all that are not over.
  public var runs: [SourceRun] {
    contents.withLock { $0.runs.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// Events a second that are sent now, by all runs together.
  public var rate: Double { runs.reduce(0) { $0 + ($1.isOver ? 0 : $1.rate) } }

  /// - Returns: the number of the run.
  func begin(_ run: SourceRun) -> Int {
    contents.withLock { contents in
      contents.begun += 1
      contents.runs[contents.begun] = run
      let old = contents.begun - Self.mostRuns
      contents.runs = contents.runs.filter { $0.key > old || !$0.value.isOver }
      return contents.begun
    }
  }

  /// Ends those runs: when this returns they have sent what they will ever send.
  func end(where isMeant: (SourceRun) -> Bool = { _ in true }) {
    contents.withLock { contents in
      for (number, run) in contents.runs where isMeant(run) { contents.runs[number]?.isOver = true }
    }
  }

  func isOver(_ number: Int) -> Bool { contents.withLock { $0.runs[number]?.isOver ?? true } }

  /// The next event of a run, which counts as sent; nil when there is none.
  func next(of number: Int) -> Letter? {
    contents.withLock { contents in
      guard var run = contents.runs[number], !run.isOver else { return nil }
      let place = contents.numbers[run.prefix, default: 0] + 1
      contents.numbers[run.prefix] = place
      run.sent += 1
      run.isOver = run.sent == run.count
      contents.runs[number] = run
      contents.counts.sent += 1
      return Letter(run: number, id: "\(run.prefix)-\(place)", number: place)
    }
  }

  func settle(_ letter: Letter, _ outcome: Outcome) {
    contents.withLock { contents in
      switch outcome {
      case .accepted(let duration):
        contents.counts.accepted += 1
        contents.runs[letter.run]?.accepted += 1
        contents.latencies.add(duration)
      case .lost(let reason):
        contents.counts.lost[reason, default: 0] += 1
        contents.runs[letter.run]?.lost += 1
      }
    }
  }

  /// Forgets what was counted. What is under way counts as sent after it.
  func reset() {
    contents.withLock { contents in
      let pending = contents.counts.pending
      contents.counts = Counts()
      contents.counts.sent = pending
      contents.latencies = LatencyRecord()
      contents.runs = contents.runs.filter { !$0.value.isOver }
    }
  }
}
